// The graph: each subject is a card with a line for each grant, from which a curve goes to the secret.

const LINE = 24;
const TITLE = 30;
const SECRET = 46;
const GAP = 12;
const EDGE = 20;
const CHARACTER = 7.7;
const LONGEST = 36;
/** More curves than this tell nobody anything. */
const MOST = 200;

function graph(shown, { chosen, choose }) {
  const grants = shown.grants.slice(0, MOST);
  const subjects = [...new Set(grants.map((grant) => grant.subject))];
  const secrets = [...new Set(grants.map((grant) => grant.secret))];
  const cut = (text) => (text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text);
  const width = (texts, most = LONGEST) => Math.min(most, Math.max(12, ...texts.map((text) => text.length))) * CHARACTER + 24;
  const leftWidth = width(
    [
      ...subjects.map((place) => access.subjects[place].name),
      ...grants.map((grant) => `${grant.verbs.join(", ")}    ${access.secrets[grant.secret].id}`),
    ],
    LONGEST + 12,
  );
  const rightWidth = width(secrets.flatMap((place) => [access.secrets[place].id, access.secrets[place].name]));
  const right = EDGE + leftWidth + 200;
  const edges = svgEl("g", {});
  const cards = svgEl("g", {});
  const lines = new Map();
  const text = (x, y, classes, words) =>
    svgEl("text", { x, y, class: classes }, words.length > LONGEST && svgEl("title", {}, words), cut(words));

  const bottom = Math.max(drawSubjects(), drawSecrets()) + EDGE - GAP;
  const size = { width: right + rightWidth + EDGE, height: bottom };
  const picture = svgEl(
    "svg",
    { ...size, viewBox: `0 0 ${size.width} ${size.height}`, role: "group", "aria-label": "Graph of handlers and secrets" },
    edges,
    cards,
  );
  const note =
    shown.grants.length > MOST &&
    el(
      "p",
      { class: "empty" },
      `The graph has the first ${MOST} of ${many(shown.grants.length, "grant")}. Search, or choose a verb, for the others.`,
    );
  const box = el("div", { class: "graph", tabindex: 0, role: "region", "aria-label": "Graph" }, note, picture);

  function drawSubjects() {
    let y = EDGE;
    for (const place of subjects) {
      const own = grants.filter((grant) => grant.subject === place);
      const height = TITLE + own.length * LINE + 6;
      const { name } = access.subjects[place];
      cards.append(
        svgEl(
          "g",
          { role: "group", "aria-label": name },
          svgEl("rect", { class: "card", x: EDGE, y, width: leftWidth, height, rx: 9 }),
          text(EDGE + 12, y + 20, "title", name),
          own.map((grant, row) => drawLine(grant, y + TITLE + row * LINE)),
        ),
      );
      y += height + GAP;
    }
    return y;
  }

  function drawLine(grant, y) {
    const effects = grant.verbs.map((verb) => EFFECTS[verb]);
    const tone = effects.includes("delete")
      ? "delete"
      : effects.every((effect) => effect === "read" || effect === "describe")
        ? "read"
        : "write";
    const line = svgEl(
      "g",
      {
        class: `line ${tone}`,
        tabindex: 0,
        role: "button",
        onclick: () => choose(grant, line),
        onkeydown: (event) => {
          if (event.key === "Enter" || event.key === " ") {
            event.preventDefault();
            choose(grant, line);
          }
        },
        onmouseenter: () => near(grant),
        onmouseleave: () => near(undefined),
        onfocus: () => near(grant),
        onblur: () => near(undefined),
      },
      svgEl("rect", { x: EDGE + 4, y, width: leftWidth - 8, height: LINE - 2, rx: 5 }),
      text(EDGE + 12, y + 15, "", `${grant.verbs.join(", ")} `),
      room(grant, y),
    );
    lines.set(grant, { line, y: y + LINE / 2 - 1, tone });
    return line;
  }

  /** The secret's id, as far as there is room for it behind the verbs. */
  function room(grant, y) {
    const characters = Math.floor((leftWidth - 24) / CHARACTER) - grant.verbs.join(", ").length - 2;
    const { id } = access.secrets[grant.secret];
    const shownId = id.length > characters ? `${id.slice(0, Math.max(0, characters - 1))}…` : id;
    return characters > 4 && svgEl("text", { x: EDGE + leftWidth - 12, y: y + 15, class: "to" }, shownId);
  }

  function drawSecrets() {
    const wanted = new Map(
      secrets.map((place) => {
        const ends = grants.filter((grant) => grant.secret === place).map((grant) => lines.get(grant).y);
        return [place, ends.reduce((sum, y) => sum + y, 0) / ends.length];
      }),
    );
    let free = EDGE;
    for (const place of secrets.sort((a, b) => wanted.get(a) - wanted.get(b))) {
      const y = Math.max(free, wanted.get(place) - SECRET / 2);
      const secret = access.secrets[place];
      cards.append(
        svgEl("rect", { class: "card", x: right, y, width: rightWidth, height: SECRET, rx: 9 }),
        text(right + 12, y + 19, "title", secret.id),
        text(right + 12, y + 36, "soft", secret.name),
      );
      grants.filter((grant) => grant.secret === place).forEach((grant) => drawEdge(grant, y + SECRET / 2));
      free = y + SECRET + GAP;
    }
    return free;
  }

  function drawEdge(grant, to) {
    const drawn = lines.get(grant);
    const [from, bend] = [EDGE + leftWidth, EDGE + leftWidth + 100];
    drawn.edge = svgEl("path", {
      class: `edge ${drawn.tone}`,
      d: `M${from} ${drawn.y}C${bend} ${drawn.y} ${bend} ${to} ${right} ${to}`,
    });
    edges.append(drawn.edge);
  }

  function near(grant) {
    picture.classList.toggle("quiet", grant !== undefined);
    for (const [other, drawn] of lines) drawn.edge.classList.toggle("near", other === grant);
  }

  const draw = () => lines.forEach((drawn, grant) => drawn.line.classList.toggle("chosen", grant === chosen()));
  return { element: box, draw, end: () => {} };
}
