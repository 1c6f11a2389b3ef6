// What the page knows, and what of it matches.

const access = JSON.parse(document.getElementById("data").textContent);
const VERBS = Object.keys(EFFECTS);

const low = (...parts) => parts.filter(Boolean).join("\n").toLowerCase();
for (const subject of access.subjects) subject.words = low(subject.name, subject.id, subject.kind, subject.description);
for (const secret of access.secrets) secret.words = low(secret.id, secret.name, secret.description);
access.grants.forEach((grant, place) => {
  grant.place = place;
  const { words: who } = access.subjects[grant.subject];
  grant.words = low(who, access.secrets[grant.secret].words, grant.reason, ...grant.verbs);
});
const idle = {
  subjects: without(access.subjects, "subject"),
  secrets: without(access.secrets, "secret"),
};

function without(all, key) {
  const used = new Set(access.grants.map((grant) => grant[key]));
  return all.map((_, place) => place).filter((place) => !used.has(place));
}

/** The grants that hold every word and, if any verbs are chosen, one of these, and read the value if that is asked for; and whom
 * and what they are about. */
function matching(query, verbs, reads) {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  const has = (text) => words.every((word) => text.includes(word));
  const grants = access.grants.filter(
    (grant) =>
      has(grant.words) &&
      (verbs.size === 0 || grant.verbs.some((verb) => verbs.has(verb))) &&
      (!reads || grant.reads_value),
  );
  const places = (key, rest, all) => {
    const found = new Set(grants.map((grant) => grant[key]));
    if (verbs.size === 0 && !reads) rest.filter((place) => has(all[place].words)).forEach((place) => found.add(place));
    return [...found].sort((a, b) => a - b);
  };
  return {
    grants,
    subjects: places("subject", idle.subjects, access.subjects),
    secrets: places("secret", idle.secrets, access.secrets),
  };
}

/** The API calls of a grant, each with the verbs that make it and why. */
function callsOf(grant) {
  const calls = new Map();
  for (const verb of grant.verbs) {
    for (const call of access.verbs[verb].calls) {
      if (!calls.has(call.call)) calls.set(call.call, { ...call, reasons: [] });
      calls.get(call.call).reasons.push({ verb, why: call.why });
    }
  }
  return [...calls.values()];
}

/** An element with attributes and children. Texts become text, whatever they hold. */
function el(name, attributes, ...children) {
  const element = document.createElement(name);
  return filled(element, attributes, children);
}

function svgEl(name, attributes, ...children) {
  return filled(document.createElementNS("http://www.w3.org/2000/svg", name), attributes, children);
}

function filled(element, attributes, children) {
  for (const [key, value] of Object.entries(attributes ?? {})) {
    if (value === undefined || value === null || value === false) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== undefined && child !== null && child !== false));
  return element;
}

/** A name that may be broken behind its joints. */
const breakable = (name) => name.split(/(?<=[_/-])/).flatMap((part, place) => (place === 0 ? [part] : [el("wbr"), part]));
/** The tooltip of a name: the name, and below it the description if there is one. */
const titleOf = (name, description) => (description ? `${name}\n${description}` : name);
/** A verb, with a mark where it is for the time of a migration only. */
const wordOf = (verb) => (access.verbs[verb].temporary ? `${verb} (temporary)` : verb);
const verbsOf = (verbs) =>
  el(
    "span",
    { class: "verbs" },
    verbs.map((verb) => el("span", { class: `verb ${EFFECTS[verb]}` }, wordOf(verb))),
  );
const many = (number, word) => `${number.toLocaleString("en")} ${word}${number === 1 ? "" : "s"}`;
