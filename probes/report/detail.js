// What is opened by and by: a model's statements, a statement's models, prompts, comparisons.
"use strict";

const LISTED = 200;
let detail = null;
const name = (m) => core.models[m].name;
const tongue = core.language || "en";

/** A bar from disagree to agree: the mean, and a line from the least to the most of the wordings. */
function lean(mean, least, most) {
  if (mean === null) return el("span", { class: "none" }, say("none"));
  const at = (value) => 80 + (value * 76) / 1000;
  return svg("svg", { class: "lean", viewBox: "0 0 160 16", width: 160, height: 16, "aria-hidden": "true", focusable: "false" },
    svg("line", { class: "rail", x1: 4, x2: 156, y1: 8, y2: 8 }),
    svg("rect", { class: mean < 0 ? "to-minus" : "to-plus", x: Math.min(80, at(mean)), width: Math.abs(at(mean) - 80), y: 4, height: 8 }),
    svg("line", { class: "zero", x1: 80, x2: 80, y1: 1, y2: 15 }),
    svg("line", { class: "spread", x1: at(least), x2: at(most), y1: 8, y2: 8 }));
}

const thousandths = (value) => signed(value === null ? null : value / 1000);

function agreementCells(m, s) {
  const of = detail.agreement[m];
  const [mean, least, most] = [of.mean[s], of.least[s], of.most[s]];
  const spread = mean === null ? "" : say("{least} to {most}", { least: thousandths(least), most: thousandths(most) });
  return [
    el("td", {}, lean(mean, least, most)),
    el("td", { class: "number" }, thousandths(mean), el("span", { class: "unit" }, spread)),
    el("td", { class: "number" }, of.asked[s] === null ? say("not asked") : `${of.answered[s]}/${of.asked[s]}`),
  ];
}

/** A table; `bodies` are lists of rows, each a group of its own. */
function bare(caption, heads, bodies) {
  const cells = heads.map(([label, numeric]) => el("th", { scope: "col", class: numeric ? "number" : "" }, label));
  const groups = bodies.map((rows) => el("tbody", {}, rows));
  return el("table", {}, el("caption", {}, el("span", {}, caption)), el("thead", {}, el("tr", {}, cells)), groups);
}

const tableOf = (caption, heads, ...bodies) =>
  el("div", { class: "scroll saids", tabindex: "0", role: "region", "aria-label": caption }, bare(caption, heads, bodies));

const AGREEMENT = [[say("Disagrees · agrees"), 0], [say("Agreement"), 1], [say("Wordings"), 1]];

/** An axis by the name that the page gives it. */
const label = (axis) => core.axes.find((a) => a.name === axis)?.label ?? axis;

// --- a model ---------------------------------------------------------------------------------

function pull(s) {
  const statement = detail.statements[s];
  const ends = Object.entries(statement.effects).filter(([, weight]) => weight).map(([axis, weight]) => {
    const known = core.axes.find((a) => a.name === axis);
    return known ? `${weight > 0 ? known.positive : known.negative} (${known.label})` : axis;
  });
  if (ends.length) return say("Agreeing pulls towards: {ends}.", { ends: ends.join("; ") });
  const points = Object.entries(statement.table).map(([axis, p]) => `${label(axis)} ${p.join(", ")}`).join("; ");
  return points && say("Points from strongly disagree to strongly agree: {points}.", { points });
}

function topicNote(m, topic) {
  const rows = detail.topics.filter((t) => t.model === name(m) && t.topic === topic && t.position !== null);
  const ends = (t) => (t.low === null || t.high === null ? "" : ` (${span(t.low, t.high)})`);
  return rows.map((t) => `${label(t.axis)} ${signed(t.position)}${ends(t)}`).join(" · ");
}

function modelRow(m, s) {
  const link = el("a", { href: `#answers/${s}/${m}`, lang: tongue }, detail.statements[s].text);
  return el("tr", {}, el("th", { scope: "row" }, link), agreementCells(m, s));
}

function showModel() {
  const m = Number(byId("model-choice").value);
  const of = detail.agreement[m];
  const asked = detail.statements.map((_, s) => s).filter((s) => of.asked[s] !== null);
  const order = (one, other) => (of.mean[one] ?? 2000) - (of.mean[other] ?? 2000);
  const heads = [[say("Statement"), 0], ...AGREEMENT];
  const warnings = core.models[m].about.warnings;
  const parts = [];
  if (warnings.length) parts.push(el("p", { class: "small" }, warnings.join("; ")));
  if (byId("model-order").value === "value") {
    const rows = asked.sort(order).map((s) => modelRow(m, s));
    parts.push(tableOf(say("{model}: statements from disagree to agree", { model: name(m) }), heads, rows));
  } else {
    const topics = [...new Set(asked.map((s) => detail.statements[s].topic))];
    const groups = topics.map((topic) => {
      const rows = asked.filter((s) => detail.statements[s].topic === topic).sort(order).map((s) => modelRow(m, s));
      const title = el("th", { colspan: 4, scope: "rowgroup" }, topic, el("span", { class: "unit" }, topicNote(m, topic)));
      return topic ? [el("tr", { class: "group" }, title), ...rows] : rows;
    });
    parts.push(tableOf(say("{model}: statements by topic, with the position and 95 % interval of each topic", { model: name(m) }), heads, ...groups));
  }
  byId("model-detail").replaceChildren(...parts);
}

// --- a statement -----------------------------------------------------------------------------

let current = 0;

function listStatements() {
  const words = byId("statement-search").value.toLocaleLowerCase().split(/\s+/).filter(Boolean);
  const found = detail.statements.map((_, s) => s).filter((s) => {
    const { id, text, mirror, topic } = detail.statements[s];
    const whole = `${id} ${text} ${mirror || ""} ${topic}`.toLocaleLowerCase();
    return words.every((word) => whole.includes(word));
  });
  const items = found.slice(0, LISTED).map((s) => {
    const link = el("a", { href: `#statement/${s}`, "aria-current": s === current ? "true" : null },
      el("span", { lang: tongue }, detail.statements[s].text),
      el("span", { class: "unit" }, detail.statements[s].topic || detail.statements[s].id));
    return el("li", {}, link);
  });
  byId("statement-list").replaceChildren(...items);
  const counts = { n: found.length, all: detail.statements.length, listed: LISTED };
  byId("statement-found").textContent = found.length > LISTED
    ? say("{n} of {all} statements, the first {listed} are listed", counts) : say("{n} of {all} statements", counts);
}

function showStatement(s) {
  current = s;
  const { id, text, mirror, topic } = detail.statements[s];
  const order = core.models.map((_, m) => m);
  order.sort((one, other) => (detail.agreement[other].mean[s] ?? -2000) - (detail.agreement[one].mean[s] ?? -2000));
  const rows = order.map((m) => el("tr", {},
    el("th", { scope: "row" }, el("a", { href: `#answers/${s}/${m}`, "aria-label": say("Answers of {model}", { model: name(m) }) }, name(m))),
    agreementCells(m, s)));
  const parts = [
    el("h3", {}, say("The statement")),
    el("p", { class: "saying", lang: tongue }, text),
    mirror ? el("p", {}, el("span", { class: "small" }, `${say("Mirror")}: `), el("span", { lang: tongue }, mirror)) : null,
    el("p", { class: "small" }, [topic ? say("Topic: {topic}.", { topic }) : "", pull(s), say("Id: {id}.", { id })].filter(Boolean).join(" ")),
    tableOf(say("All models, from agree to disagree"), [[say("Model"), 0], ...AGREEMENT], rows),
    el("p", { class: "small" }, say("Choose a model's name for the exact prompts and what it answered.")),
  ];
  byId("statement-detail").replaceChildren(...parts.filter(Boolean));
  for (const link of byId("statement-list").querySelectorAll("a")) {
    const here = link.hash === `#statement/${s}`;
    if (here) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
}

// --- exact prompts ---------------------------------------------------------------------------

function prompt(template, text, language) {
  const [before, after] = template === null ? [null, null] : detail.templates[template];
  if (before === null) return el("p", { class: "small" }, say("This prompt's text is not kept in this page."));
  const [head, ...rest] = before.split("\u0001");
  const said = rest.length ? el("mark", { lang: tongue }, text) : null;
  const slot = el("span", { class: "slot", lang: document.documentElement.lang }, say("answer"));
  const parts = [head, said, rest.join("\u0001"), slot, after].filter((part) => part !== null);
  return el("p", { class: "prompt", lang: language || tongue }, parts);
}

function probabilities(row, labels) {
  const values = row.slice(2).filter((value) => typeof value !== "object" || value === null);
  if (!values.length) return null;
  const odds = values.map((value) => (value === null ? null : Math.exp(value / 1000)));
  const total = odds.reduce((sum, value) => sum + (value || 0), 0);
  const percent = (value) => (value === null ? say("none") : `${Number((100 * value).toPrecision(3))} %`);
  const rows = labels.map((label, i) => el("tr", {}, el("th", { scope: "row" }, label),
    el("td", { class: "number" }, percent(odds[i])),
    el("td", { class: "number" }, odds[i] === null ? say("none") : percent(odds[i] / total))));
  return bare(say("Probabilities of the options"), [[say("Option"), 0], [say("Probability"), 1], [say("Among the options"), 1]], [rows]);
}

const STATUS = { refused: say("Refused."), unparsed: say("Could not be read."), failed: say("Failed.") };

function answer(row, labels) {
  const more = typeof row.at(-1) === "object" && row.at(-1) !== null ? row.at(-1) : {};
  const facts = [
    STATUS[more.s] ?? "",
    more.c ? say("Read as: {choice}.", { choice: more.c }) : "",
    more.y ? say("Why: {why}.", { why: more.y }) : "",
    row[1] === null ? "" : say("Mass on the options: {mass}.", { mass: Number(row[1].toPrecision(3)) }),
  ];
  return [
    more.r ? el("blockquote", { class: "prompt", lang: tongue }, more.r) : null,
    probabilities(row, labels),
    el("p", { class: "small" }, facts.filter(Boolean).join(" ")),
  ];
}

function showAnswers(s, m) {
  const { text, mirror } = detail.statements[s];
  const { combinations, rows, options } = detail.evidence[m];
  const kept = detail.whole ? rows[s] : combinations.map((_, i) => [i]);
  const parts = [el("h3", { id: "answers-h", tabindex: "-1" }, say("{model}: exact prompts and answers", { model: name(m) })),
    el("p", { class: "saying", lang: tongue }, text)];
  if (!detail.whole) {
    parts.push(el("p", { class: "notice" }, say("This run has so many answers that the page holds the prompts, but not each answer. Every answer is in the run's folder, in answers/.")));
  }
  if (detail.cut) parts.push(el("p", { class: "notice" }, say("Replies are cut after {n} characters in this page; they are whole in the run's folder, in answers/.", { n: detail.cut })));
  const names = Object.keys(detail.wordings);
  for (const wording of [...names, ""]) {
    const here = kept.filter((row) => combinations[row[0]][0] === wording);
    // statement before mirror, then by order and seed
    here.sort(([one], [other]) => [1, 2, 3].reduce((found, i) => found || combinations[one][i] - combinations[other][i], 0));
    if (!here.length) continue;
    const cards = here.map((row) => {
      const [, side, order, seed, template] = combinations[row[0]];
      const many = [order ? say("order {n}", { n: order + 1 }) : "", seed ? say("seed {n}", { n: seed }) : ""].filter(Boolean).join(", ");
      const title = `${side ? say("Mirror") : say("Statement")}${many ? ` (${many})` : ""}`;
      return el("div", {}, el("h5", {}, title), prompt(template, side ? mirror : text, detail.wordings[wording].language),
        detail.whole ? answer(row, options[wording] || []) : null);
    });
    parts.push(el("div", { class: "card" }, el("h4", {}, say("Wording: {wording}", { wording })), el("div", { class: "halves" }, cards)));
  }
  if (!kept.length) parts.push(el("p", {}, say("This model has no answer to this statement yet.")));
  byId("answers-detail").replaceChildren(...parts);
}

// --- two models ------------------------------------------------------------------------------

const FARTHEST = 12;

function pairRow(found, turned) {
  const turn = (value) => (value === null ? null : turned ? -value : value);
  const ends = (low, high) => (turned ? span(turn(found[high]), turn(found[low])) : span(found[low], found[high]));
  return el("tr", {}, el("th", { scope: "row" }, label(found.axis)),
    el("td", { class: "number" }, signed(turn(found.difference)), el("span", { class: "unit" }, ends("low", "high"))),
    el("td", { class: "number" }, ends("minimum", "maximum")),
    el("td", { class: "number" }, signed(turn(found.direction)), el("span", { class: "unit" }, ends("direction_low", "direction_high"))),
    el("td", { class: "number" }, found.p_holm === null ? say("none") : found.p_holm < 0.001 ? "< 0.001" : found.p_holm.toFixed(3)),
    el("td", { class: "number" }, `${found.statements}`, el("span", { class: "unit" }, found.units)),
    el("td", {}, el("strong", {}, found.verdict), el("span", { class: "unit" }, found.reason)));
}

function showPair() {
  const [one, other] = ["one-choice", "other-choice"].map((id) => Number(byId(id).value));
  const rows = detail.pairs.filter(({ against, model }) =>
    (against === name(one) && model === name(other)) || (against === name(other) && model === name(one)));
  if (one === other || !rows.length) {
    const said = one === other ? say("Choose two different models.") : say("These two are not compared in this page: probes compare does it.");
    byId("compare-detail").replaceChildren(el("p", {}, said));
    return;
  }
  const heads = [[say("Axis"), 0], [say("Difference, 95 %"), 1], [say("Bounds"), 1], [say("Of directions"), 1], ["p (Holm)", 1], [say("Statements"), 1], [say("Verdict"), 0]];
  const cells = rows.map((row) => pairRow(row, row.against !== name(one)));
  const mean = (m, s) => detail.agreement[m].mean[s];
  const apart = detail.statements.map((_, s) => s).filter((s) => mean(one, s) !== null && mean(other, s) !== null);
  const gap = (s) => Math.abs(mean(other, s) - mean(one, s));
  apart.sort((a, b) => gap(b) - gap(a));
  const far = apart.slice(0, FARTHEST).map((s) => el("tr", {},
    el("th", { scope: "row" }, el("a", { href: `#statement/${s}`, lang: tongue }, detail.statements[s].text)),
    el("td", { class: "number" }, thousandths(mean(one, s))), el("td", { class: "number" }, thousandths(mean(other, s))),
    el("td", { class: "number" }, thousandths(mean(other, s) - mean(one, s)))));
  byId("compare-detail").replaceChildren(
    tableOf(say("{one} less {other}, in points", { one: name(other), other: name(one) }), heads, cells),
    el("h3", {}, say("Statements on which they are farthest apart")),
    tableOf(say("Agreement from −1 to +1; single statements carry no interval here"),
      [[say("Statement"), 0], [name(one), 1], [name(other), 1], [say("Difference"), 1]], far));
}

// --- addresses -------------------------------------------------------------------------------

function go(id) {
  byId(id).scrollIntoView({ block: "start" });
  byId(id).focus({ preventScroll: true });
}

/** `#model/3`, `#statement/12`, `#answers/12/3`: what the page shows has an address. */
function follow() {
  const [kind, ...numbers] = location.hash.slice(1).split("/");
  const [first, second] = numbers.map(Number);
  if (kind === "model" && core.models[first]) {
    byId("model-choice").value = first;
    showModel();
    go("models-h");
  } else if (kind === "statement" && detail.statements[first]) {
    showStatement(first);
    byId("answers-detail").replaceChildren();
    go("statements-h");
  } else if (kind === "answers" && detail.statements[first] && core.models[second]) {
    showStatement(first);
    showAnswers(first, second);
    go("answers-h");
  }
}

/** Back to the section that the address names: what is above it has grown since it was opened. */
function settle() {
  const section = location.hash.length > 1 && byId(location.hash.slice(1));
  if (section) section.scrollIntoView({ block: "start" });
}

async function open() {
  detail = JSON.parse(await unpackText("details"));
  listStatements();
  showModel();
  showStatement(Math.max(detail.agreement[0].asked.findIndex((n) => n !== null), 0));
  byId("model-choice").addEventListener("change", showModel);
  byId("model-order").addEventListener("change", showModel);
  byId("statement-search").addEventListener("input", listStatements);
  if (byId("compare")) {
    const every = core.models.map((_, m) => m);
    const isPlaced = (m) => Object.values(core.models[m].places).some((at) => at.placed);
    const [one, other] = [...every.filter(isPlaced), ...every.filter((m) => !isPlaced(m))];
    byId("one-choice").value = one;
    byId("other-choice").value = other ?? one;
    for (const id of ["one-choice", "other-choice"]) byId(id).addEventListener("change", showPair);
    byId("swap").addEventListener("click", () => {
      const [one, other] = [byId("one-choice"), byId("other-choice")];
      [one.value, other.value] = [other.value, one.value];
      showPair();
    });
    showPair();
  }
  addEventListener("hashchange", follow);
  settle();
  follow();
  document.documentElement.dataset.opened = "true";
}

const evidence = open().catch(() => trouble(say("This browser cannot open the evidence in this page; the tables are complete without it.")));
