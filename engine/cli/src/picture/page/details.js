// What is behind one grant: the spec's line, the API calls with their reasons, and the IAM statements.

function details(grant, close) {
  const subject = access.subjects[grant.subject];
  const secret = access.secrets[grant.secret];
  const isHandler = subject.kind === "handler";
  return [
    el(
      "header",
      {},
      el(
        "h2",
        { id: "details-title" },
        el("code", {}, breakable(subject.name)),
        el("span", { class: "arrow" }, " → "),
        el("code", {}, secret.id),
      ),
      verbsOf(grant.verbs),
      el("button", { type: "button", class: "close", "aria-label": "Close", onclick: close }, "×"),
    ),
    subject.description && el("section", {}, el("h3", {}, "Purpose"), el("p", { class: "about" }, subject.description)),
    el(
      "section",
      {},
      el("h3", {}, "Secret"),
      secret.description && el("p", { class: "about" }, secret.description),
      facts(secret, grant),
    ),
    el("section", {}, el("h3", {}, "Granted by"), grantedBy(grant, subject, secret, isHandler)),
    el(
      "section",
      {},
      el("h3", {}, "API calls, and why"),
      el("ul", { class: "calls" }, calls(grant, secret, isHandler)),
      !isHandler &&
        secret.key &&
        el(
          "p",
          { class: "where" },
          "Whoever is outside the spec also needs the secret's key: its own policy has to allow that.",
        ),
    ),
    el(
      "section",
      {},
      el("h3", {}, grant.statements.length === 1 ? "IAM statement" : "IAM statements"),
      grant.statements.map((place) => statement(access.statements[place], secret)),
      el(
        "p",
        { class: "where" },
        "What only an apply knows stands as a placeholder. The six question marks are the characters that Secrets Manager adds to a name.",
      ),
    ),
  ].filter(Boolean);
}

function facts(secret, grant) {
  const isInside = access.prefixes && !secret.outside_prefixes;
  const prefix = isInside ? ` behind ${access.prefixes.variable}` : "";
  const rows = [
    ["Name", el("code", {}, breakable(secret.name)), prefix],
    ["Written by", secret.written_by],
    ["Value", grant.reads_value ? "can be read by this grant" : "cannot be read by this grant"],
    secret.region && ["Region", el("code", {}, secret.region)],
    secret.key && ["Key", el("code", {}, secret.key.variable ?? secret.key.alias)],
    ...(secret.copies ?? []).map((copy) => [
      "Copy that is read",
      el("code", {}, copy.region),
      ...(copy.kms_key ? [", with the key ", el("code", {}, copy.kms_key.variable ?? copy.kms_key.alias)] : []),
    ]),
  ];
  return el(
    "dl",
    {},
    rows.filter(Boolean).flatMap(([term, ...what]) => [el("dt", {}, term), el("dd", {}, what)]),
  );
}

function grantedBy(grant, subject, secret, isHandler) {
  const verbs = grant.verbs.join(", ");
  const [account, role] = subject.name.split(":");
  const whom = role ? `role("${account}", "${role}")` : `account("${account}")`;
  const line = isHandler ? `${secret.id}: ${verbs};` : `shared_with: { ${whom}: ${verbs}; }`;
  const place = isHandler ? subject.id : secret.id;
  return [
    grant.reason && el("p", { class: "about" }, grant.reason),
    code(line),
    el("p", { class: "where" }, "at ", el("code", {}, place), " in ", el("code", {}, access.source)),
  ];
}

function calls(grant, secret, isHandler) {
  const made = callsOf(grant);
  const onSecret = made.map((call) =>
    el(
      "li",
      {},
      el("b", {}, call.call),
      call.reasons.map(({ verb, why }) => el("p", {}, el("span", { class: `verb ${EFFECTS[verb]}` }, verb), " ", why)),
      source(call.action),
    ),
  );
  const hasKey = secret.key || secret.copies?.some((copy) => copy.kms_key);
  if (!hasKey || !isHandler) return onSecret;
  const onKey = [...new Set(made.flatMap((call) => call.key_actions))].sort();
  return [
    ...onSecret,
    ...onKey.map((action) => el("li", {}, el("b", {}, action), el("p", {}, access.actions[action].why), source(action))),
  ];
}

/** AWS's line on an action. */
function source(action) {
  const { described, described_in: page } = access.actions[action];
  return el(
    "p",
    { class: "source" },
    el("code", {}, action),
    ": “",
    described,
    "” ",
    el("a", { href: page, target: "_blank", rel: "noreferrer" }, "AWS"),
  );
}

function statement(placed, secret) {
  const isInside = access.prefixes && !secret.outside_prefixes;
  const prefix = isInside ? `\${var.${access.prefixes.variable}}` : "";
  const own = `:secret:${prefix}${secret.stored_as}"`;
  const text = JSON.stringify(placed.statement, undefined, 2);
  const lines = text.split("\n").flatMap((line, number) => {
    const bare = line.trimEnd().replace(/,$/, "");
    const [indent] = /^ */.exec(line);
    const shown = bare.endsWith(own) ? [indent, el("mark", {}, bare.trimStart()), line.endsWith(",") ? "," : ""] : [line];
    return number === 0 ? shown : ["\n", ...shown];
  });
  return code(lines, `${placed.file}, policy ${placed.file === "iam.tf" ? "of" : "on"} ${placed.of}`, text);
}

/** A piece of code. With a caption it can be copied. */
function code(inside, caption, text) {
  const pre = el("pre", {}, inside);
  const copy = el(
    "button",
    {
      type: "button",
      onclick: async () => {
        // Where the clipboard is out of reach, the text is selected for who copies it.
        getSelection().selectAllChildren(pre);
        copy.textContent = await navigator.clipboard.writeText(text).then(
          () => "Copied",
          () => "Selected",
        );
        setTimeout(() => {
          copy.textContent = "Copy";
        }, 1500);
      },
    },
    "Copy",
  );
  return el("figure", { class: "code" }, caption && el("figcaption", {}, el("span", {}, caption), copy), pre);
}
