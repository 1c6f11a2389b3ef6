// What is asked for, and which view shows it. The address keeps it, so that a link leads to the same.

const find = (id) => document.getElementById(id);
const VIEWS = { matrix, list, graph };
/** The filter for grants by which the value can be read. */
const READS = "can read the value";
const isNarrow = matchMedia("(max-width: 760px)");
const state = { query: "", verbs: new Set(), reads: false, view: isNarrow.matches ? "list" : "matrix", chosen: undefined, opener: undefined };
let view;

function show() {
  const started = performance.now();
  const shown = matching(state.query, state.verbs, state.reads);
  view?.end();
  const isEmpty = shown.subjects.length === 0 && shown.secrets.length === 0;
  const here = { chosen: () => state.chosen, choose };
  view = isEmpty ? nothing() : VIEWS[state.view](shown, here);
  find("view").replaceChildren(view.element);
  view.draw();
  const isPart = state.query.trim() !== "" || state.verbs.size > 0 || state.reads;
  find("count").replaceChildren(...(isPart && !isEmpty ? number(shown) : []));
  document.documentElement.dataset.shownIn = (performance.now() - started).toFixed(1);
}

/** How much is shown, and the way back to all. */
function number(shown) {
  const grants = `${many(shown.grants.length, "grant")} of ${access.grants.length.toLocaleString("en")}`;
  const about = `${many(shown.subjects.length, "row")}, ${many(shown.secrets.length, "secret")}`;
  return [`${grants}: ${about}. `, el("button", { type: "button", onclick: clear }, "Show all")];
}

function nothing() {
  const asked = [state.query.trim(), ...state.verbs, state.reads && READS].filter(Boolean).join(", ");
  const message =
    asked === ""
      ? el("p", { class: "empty" }, "The spec declares nothing yet.")
      : el(
          "p",
          { class: "empty" },
          `Nothing matches “${asked}”. `,
          el("button", { type: "button", onclick: clear }, "Show all"),
        );
  return { element: message, draw: () => {}, end: () => {} };
}

function clear() {
  state.query = find("query").value = "";
  state.verbs.clear();
  state.reads = false;
  toggles();
  changed();
  find("query").focus();
}

function changed() {
  show();
  keep();
}

/** Puts what is asked for into the address. */
function keep() {
  const kept = new URLSearchParams();
  if (state.query.trim()) kept.set("q", state.query.trim());
  if (state.verbs.size > 0) kept.set("verbs", [...state.verbs].join(","));
  if (state.reads) kept.set("value", "read");
  kept.set("view", state.view);
  if (state.chosen) kept.set("grant", keyOf(state.chosen));
  history.replaceState(null, "", `#${kept}`);
}

const keyOf = (grant) => `${access.subjects[grant.subject].name}→${access.secrets[grant.secret].id}`;

function choose(grant, opener) {
  [state.chosen, state.opener] = [grant, opener];
  const panel = find("details");
  panel.replaceChildren(...details(grant, close));
  panel.hidden = false;
  panel.scrollTop = 0;
  document.querySelector(".stage").classList.add("open");
  cover();
  view.draw();
  // The details take room, and what was chosen can be out of sight by that.
  view.reveal?.();
  keep();
  panel.focus({ preventScroll: true });
}

function close() {
  find("details").hidden = true;
  document.querySelector(".stage").classList.remove("open");
  state.chosen = undefined;
  cover();
  view.draw();
  keep();
  (state.opener?.isConnected ? state.opener : find("query")).focus({ preventScroll: true });
}

/** On a narrow screen the details lie over everything else, which then cannot be reached. */
function cover() {
  const covers = isNarrow.matches && !find("details").hidden;
  for (const part of [
    document.querySelector(".masthead"),
    document.querySelector(".toolbar"),
    find("view"),
    find("count"),
    find("footer"),
  ]) {
    part.inert = covers;
  }
  document.body.style.overflow = covers ? "hidden" : "";
}

function toggles() {
  const counted = VERBS.filter((verb) => verb in access.verbs);
  find("verbs").replaceChildren(
    ...counted.map((verb) =>
      el(
        "button",
        {
          type: "button",
          class: EFFECTS[verb],
          title: access.verbs[verb].does,
          "aria-pressed": String(state.verbs.has(verb)),
          onclick: (event) => {
            if (!state.verbs.delete(verb)) state.verbs.add(verb);
            event.target.setAttribute("aria-pressed", String(state.verbs.has(verb)));
            changed();
          },
        },
        verb,
      ),
    ),
    el(
      "button",
      {
        type: "button",
        class: "value",
        title: "Only grants whose statements allow GetSecretValue, such as those of store and update too",
        "aria-pressed": String(state.reads),
        onclick: (event) => {
          state.reads = !state.reads;
          event.target.setAttribute("aria-pressed", String(state.reads));
          changed();
        },
      },
      READS,
    ),
  );
  find("views").replaceChildren(
    ...Object.keys(VIEWS).map((name) =>
      el(
        "button",
        {
          type: "button",
          "aria-pressed": String(state.view === name),
          onclick: () => {
            state.view = name;
            for (const button of find("views").children)
              button.setAttribute("aria-pressed", String(button.textContent.toLowerCase() === name));
            changed();
          },
        },
        name[0].toUpperCase() + name.slice(1),
      ),
    ),
  );
}

function keys(event) {
  const isTyping = event.target.matches?.("input");
  if (event.key === "/" && !isTyping && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    find("query").focus();
  } else if (event.key === "Escape" && !find("details").hidden) {
    close();
  } else if (event.key === "Escape" && isTyping && state.query) {
    event.preventDefault();
    clear();
  } else if (event.key === "ArrowDown" && isTyping) {
    event.preventDefault();
    find("view").querySelector("[tabindex='0'], button")?.focus();
  }
}

function start() {
  const kept = new URLSearchParams(location.hash.slice(1));
  state.query = find("query").value = kept.get("q") ?? "";
  (kept.get("verbs") ?? "")
    .split(",")
    .filter((verb) => Object.hasOwn(access.verbs, verb))
    .forEach((verb) => state.verbs.add(verb));
  state.reads = kept.get("value") === "read";
  if (Object.hasOwn(VIEWS, kept.get("view"))) state.view = kept.get("view");
  const counted = (kind) => access.subjects.filter((subject) => (subject.kind === "handler") === kind).length;
  const others = counted(false) > 0 ? `, ${many(counted(false), "other")} outside the spec` : "";
  find("summary").append(
    `${many(counted(true), "handler")}${others}, ${many(access.secrets.length, "secret")}, ${many(access.grants.length, "grant")}, from `,
    el("code", {}, access.source),
  );
  const remarks = access.remarks ?? [];
  const inCode = (part, place) => (place % 2 === 1 ? el("code", {}, part) : part);
  find("remarks").append(...remarks.map((remark) => el("li", {}, remark.split("`").map(inCode))));
  find("remarks").hidden = remarks.length === 0;
  if (access.prefixes) {
    find("footer").append(
      "Each name stands behind the prefix of its environment: ",
      el("code", {}, access.prefixes.values.join("  ")),
      ".",
    );
  }
  find("query").addEventListener("input", (event) => {
    state.query = event.target.value;
    changed();
  });
  document.addEventListener("keydown", keys);
  isNarrow.addEventListener("change", () => {
    cover();
    show();
  });
  toggles();
  show();
  const grant = access.grants.find((it) => keyOf(it) === kept.get("grant"));
  if (grant) choose(grant, find("query"));
}

start();
