// The list: a group for each subject. More groups come as one scrolls to them.

const GROUPS = 24;

function list(shown, { chosen, choose }) {
  const bySubject = new Map(shown.subjects.map((place) => [place, []]));
  for (const grant of shown.grants) bySubject.get(grant.subject).push(grant);
  const groups = [...bySubject];
  const box = el("div", { class: "list" });
  const more = el("div", { class: "more" });
  let number = 0;

  function add() {
    more.before(...groups.slice(number, number + GROUPS).map(group));
    number += GROUPS;
    if (number >= groups.length) end();
  }

  function group([place, grants]) {
    const subject = access.subjects[place];
    const kind = subject.kind === "handler" ? [] : [el("span", { class: "kind" }, `${subject.kind} `)];
    const rows = grants.map((grant) => {
      const secret = access.secrets[grant.secret];
      const button = el(
        "button",
        { type: "button", class: grant === chosen() && "chosen", onclick: () => choose(grant, button) },
        el("span", {}, el("b", {}, secret.id), el("small", {}, secret.name), grant.reason && el("small", {}, grant.reason)),
        el("span", {}, verbsOf(grant.verbs), el("small", { class: "value" }, grant.reads_value ? "reads the value" : "")),
      );
      button.dataset.grant = grant.place;
      return el("li", {}, button);
    });
    const inside = rows.length > 0 ? el("ul", {}, rows) : el("p", { class: "none" }, "may do nothing");
    const about = subject.description && el("p", { class: "about" }, subject.description);
    return el("div", { class: "group" }, el("h2", {}, kind, subject.name), about, inside);
  }

  const watch = new IntersectionObserver((entries) => entries.some((entry) => entry.isIntersecting) && add(), {
    rootMargin: "1200px",
  });
  const end = () => watch.disconnect();
  box.append(more);
  watch.observe(more);
  add();
  const draw = () => {
    for (const button of box.querySelectorAll("button")) {
      button.classList.toggle("chosen", chosen()?.place === Number(button.dataset.grant));
    }
  };
  return { element: box, draw, end };
}
