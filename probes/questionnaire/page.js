// The screens: welcome, a statement at a time, questions about the person, the end. Keeps all in memory.
"use strict";

const core = JSON.parse(document.getElementById("core").textContent);
const main = document.getElementById("main");
const order = drawn(core);
const state = {
  language: core.languages[0],
  person: personName(),
  answers: order.map(() => ({ answer: null, status: "not reached", seconds: 0 })),
  about: {},
  consent: false,
  saved: true,
  final: false,
};
const words = () => core.words[state.language];
const texts = () => core.texts[state.language];
const fill = (text, values) => text.replace(/\{(\w+)\}/g, (whole, name) => values[name] ?? whole);

/** An element; strings among its children become text, never markup. */
function el(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") made.addEventListener(name, value);
    else if (value !== null && value !== undefined && value !== false) made.setAttribute(name, value);
  }
  made.append(...children.flat().filter((child) => child !== null));
  return made;
}

const paragraphs = (text, about = {}) => text.split(/\n\s*\n/).map((part) => el("p", { dir: "auto", ...about }, part));
const button = (text, click, about = {}) => el("button", { type: "button", click, ...about }, text);

/** Puts a screen in place of the last one, and the reader at its heading. */
function show(screen, heading, ...content) {
  document.documentElement.dataset.screen = screen;
  document.documentElement.lang = state.language;
  document.getElementById("title").textContent = texts().title;
  document.title = texts().title;
  main.replaceChildren(heading, ...content.flat().filter((part) => part !== null));
  heading.tabIndex = -1;
  scrollTo(0, 0);
  heading.focus();
}

// --- welcome ---------------------------------------------------------------------------------

function welcome() {
  const tick = el("input", { type: "checkbox", id: "consent", change: () => { state.consent = tick.checked; } });
  tick.checked = state.consent;
  const must = el("p", { id: "must", role: "alert" });
  const begin = () => {
    if (!state.consent) {
      must.textContent = words().must_consent;
      tick.setAttribute("aria-describedby", "must");
      tick.focus();
    } else {
      state.saved = false;
      ask(0);
    }
  };
  show(
    "welcome",
    el("h2", { class: "greeting" }, texts().title),
    languageChoice(),
    paragraphs(texts().introduction),
    el("p", {}, words().private),
    el("p", { class: "consent" }, tick, el("label", { for: "consent", dir: "auto" }, texts().consent)),
    must,
    el("p", { class: "steps" }, button(words().start, begin, { class: "main" })),
  );
  paper();
}

function languageChoice() {
  // One person, one language: who has begun stays in it.
  if (core.languages.length < 2 || state.answers.some((given) => given.status !== "not reached")) return null;
  const change = () => {
    state.language = select.value;
    welcome();
    document.getElementById("language").focus();
  };
  const select = el("select", { id: "language", change });
  for (const language of core.languages) {
    select.append(el("option", { value: language, lang: language }, core.words[language].name));
  }
  select.value = state.language;
  return el("p", { class: "language" }, el("label", { for: "language" }, words().language), " ", select);
}

/** The questionnaire on paper, for who prints the first screen. */
function paper() {
  const boxes = (labels) => el("ul", {}, labels.map((label) => el("li", {}, `\u2610 ${label}`)));
  const statements = order.map(([number, mirror]) => el(
    "li",
    {},
    el("p", { dir: "auto" }, texts().statements[number][Number(mirror)], " ", el("small", {}, code(number, mirror))),
    boxes([...texts().answers, words().no_answer]),
  ));
  const questions = core.questions.map((question, n) => el(
    "li",
    {},
    el("p", { dir: "auto" }, texts().questions[n].text),
    question.values.length ? boxes(texts().questions[n].labels) : el("p", {}, "_".repeat(40)),
  ));
  document.getElementById("paper").replaceChildren(el("ol", {}, statements), el("ol", {}, questions));
}

const code = (number, mirror) => core.ids[number] + (mirror ? core.mirrored : "");

// --- statements ------------------------------------------------------------------------------

/** Shows the text at a place of the order; behind the last one come the questions. */
function ask(place) {
  if (place >= order.length) {
    about();
    return;
  }
  const [number, mirror] = order[place];
  const since = performance.now();
  const given = state.answers[place];
  const leave = (next) => {
    given.seconds += (performance.now() - since) / 1000;
    next();
  };
  const choose = (answer) => leave(() => {
    given.answer = answer;
    given.status = answer === null ? "no answer" : "answered";
    ask(place + 1);
  });
  const pressed = (answer) => (given.status === (answer === null ? "no answer" : "answered") && given.answer === answer ? "true" : "false");
  const values = { number: place + 1, count: order.length };
  const options = [...texts().answers.map((label, n) => [label, n]), [words().no_answer, null]];
  const group = el("div", { class: "answers", role: "group", "aria-labelledby": "said", keydown: arrows }, options.map(
    ([label, answer]) => button(label, () => choose(answer), { "aria-pressed": pressed(answer), class: answer === null ? "none" : null, dir: "auto" }),
  ));
  const heading = el("h2", { id: "said", class: "said", dir: "auto", keydown: arrows }, texts().statements[number][Number(mirror)]);
  show(
    "statement",
    heading,
    group,
    el("p", { class: "steps" },
      button(words().back, () => leave(() => (place ? ask(place - 1) : welcome()))),
      button(words().stop, () => leave(() => end(() => ask(place)))),
    ),
  );
  const progress = el("progress", { max: order.length, value: place, "aria-labelledby": "count" });
  main.prepend(el("div", { class: "progress" }, el("span", { id: "count" }, fill(words().progress, values)), progress));
}

/** Arrow keys go from answer to answer. */
function arrows(event) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step) return;
  event.preventDefault();
  const buttons = [...main.querySelectorAll(".answers button")];
  const at = buttons.indexOf(document.activeElement);
  const next = at < 0 ? (step > 0 ? 0 : buttons.length - 1) : (at + step + buttons.length) % buttons.length;
  buttons[next].focus();
}

// --- questions about the person --------------------------------------------------------------

/** The questions, if there are any, and then the end. */
function about() {
  if (!core.questions.length) {
    end(() => ask(order.length - 1));
    return;
  }
  const form = el("form", {
    autocomplete: "off",
    submit: (event) => {
      event.preventDefault();
      end(about);
    },
  }, core.questions.map(question));
  const back = () => ask(order.length - 1);
  form.append(el("p", { class: "steps" }, button(words().back, back), el("button", { class: "main" }, words().next)));
  show("about", el("h2", {}, words().about), el("p", {}, words().optional), form);
}

function question({ id, kind, values, least, most }, n) {
  const shown = texts().questions[n];
  const keep = (event) => { state.about[id] = event.target.value; };
  const now = state.about[id] ?? "";
  const label = el("label", { for: `q-${id}`, dir: "auto" }, shown.text);
  if (kind === "scale") return scale(id, shown, values, keep, now);
  if (kind === "choice") {
    const select = el("select", { id: `q-${id}`, change: keep }, el("option", { value: "" }, words().pick));
    texts().questions[n].labels.forEach((text, i) => select.append(el("option", { value: values[i] }, text)));
    select.value = now;
    return el("p", { class: "question" }, label, select);
  }
  const limits = kind === "number" ? { type: "number", step: 1, min: least, max: most } : { rows: 3, maxlength: 2000 };
  const field = el(kind === "number" ? "input" : "textarea", { id: `q-${id}`, input: keep, ...limits });
  field.value = now;
  return el("p", { class: "question" }, label, field);
}

function scale(id, shown, values, keep, now) {
  const option = (value, label) => {
    const input = el("input", { type: "radio", name: `q-${id}`, value, id: `q-${id}-${value}`, change: keep });
    input.checked = now === value;
    return el("span", { class: "step" }, input, el("label", { for: input.id }, label));
  };
  return el("fieldset", { class: "question" }, el("legend", { dir: "auto" }, shown.text), el("div", { class: "scale" },
    values.map((value, i) => option(value, shown.labels[i])), option("", words().no_answer)));
}

// --- the end ---------------------------------------------------------------------------------

/** The last screen; `back` leads to where it was come from. */
function end(back) {
  const answered = state.answers.filter((given) => given.status === "answered").length;
  const told = el("p", { id: "told", role: "status" }, state.saved ? "" : words().unsaved);
  show(
    "end",
    el("h2", {}, words().end),
    el("p", {}, fill(words().ended, { answered, count: order.length })),
    paragraphs(texts().ending),
    el("p", { class: "steps" }, button(words().save, () => save(told), { class: "main", id: "save" }), state.final ? null : button(words().back, back)),
    told,
    core.feedback && !state.final ? el("p", { class: "steps" }, button(words().show, feedback, { id: "show" }), el("span", {}, words().fixed)) : null,
    state.final ? places() : null,
    el("p", { class: "steps" }, button(words().again, () => { state.saved = true; location.reload(); })),
  );
}

function save(told) {
  const file = `${core.name}-${state.person}.csv`;
  const link = el("a", { href: URL.createObjectURL(new Blob([table()], { type: "text/csv" })), download: file });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
  state.saved = true;
  told.textContent = fill(words().saved, { file });
}

/** The answers file: a row a text, as `probes sets validate` reads it. */
function table() {
  const named = core.questions.map(({ id }) => id);
  const facts = core.questions.map(({ id, kind }) => (kind === "text" || kind === "choice" ? harmless(state.about[id] ?? "") : state.about[id] ?? ""));
  const seconds = core.timings ? ["seconds"] : [];
  const rows = order.map(([number, mirror], place) => {
    const given = state.answers[place];
    const answer = given.answer === null ? "" : core.answers[given.answer];
    const time = core.timings ? [given.status === "not reached" ? "" : given.seconds.toFixed(1)] : [];
    return [state.person, core.set, state.language, code(number, mirror), place + 1, given.status, answer, ...time, ...facts];
  });
  const head = ["person", "set", "language", "statement", "order", "status", "answer", ...seconds, ...named];
  const cell = (value) => (/[",\r\n]/.test(value) ? `"${String(value).replaceAll('"', '""')}"` : value);
  return [head, ...rows].map((row) => `${row.map(cell).join(",")}\n`).join("");
}

/** What a spreadsheet would take for a formula gets a ' before it, as in every table of probes. */
const harmless = (text) => text.replace(/(?<![^;\t\r\n])(?='*[=+\-@\t\r\uff1d\uff0b\uff0d\uff20])/g, "'");

// --- feedback --------------------------------------------------------------------------------

/** From here on answers stay as they are: nobody answers towards a dot. */
function feedback() {
  state.final = true;
  end();
  main.querySelector("#places").focus();
}

/** Statement -> its answers, as `estimate` has them. */
function answersGiven() {
  const given = new Map();
  order.forEach(([number, mirror], place) => {
    const { answer } = state.answers[place];
    if (answer !== null) given.set(number, [...(given.get(number) ?? []), [answer, mirror]]);
  });
  return given;
}

function places() {
  const given = answersGiven();
  const drawnAxes = core.feedback.map((axis) => {
    const found = estimate(axis, given);
    const sentence = sentenceOf(axis, found);
    return el("figure", {}, el("figcaption", {}, sentence), found.position === null ? null : rail(axis, found, sentence));
  });
  return el("section", { "aria-labelledby": "places" },
    el("h3", { id: "places", tabindex: -1 }, words().yours), drawnAxes, el("p", {}, words().caveat), el("p", {}, words().untested));
}

const signed = (value) => (Number(value.toFixed(1)) === 0 ? "0.0" : (value < 0 ? "\u2212" : "+") + Math.abs(value).toFixed(1));

function sentenceOf(axis, { position, low, high }) {
  if (position === null) return fill(words().nothing, { axis: axis.name });
  const values = { axis: axis.name, position: signed(position), low: low === null ? "" : signed(low), high: high === null ? "" : signed(high) };
  return fill(low === null ? words().alone : words().between, values);
}

function rail(axis, { position, low, high }, label) {
  const [from, to] = [axis.offset - axis.scale, axis.offset + axis.scale];
  const x = (value) => (10 + (280 * (value - from)) / (to - from)).toFixed(1);
  const svg = (tag, attributes, ...children) => {
    const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    made.append(...children);
    return made;
  };
  const marks = [svg("line", { class: "rail", x1: 10, x2: 290, y1: 14, y2: 14 }), svg("line", { class: "rail", x1: 150, x2: 150, y1: 8, y2: 20 })];
  if (low !== null) marks.push(svg("line", { class: "interval", x1: x(low), x2: x(high), y1: 14, y2: 14 }));
  marks.push(svg("circle", { cx: x(position), cy: 14, r: 6 }));
  marks.push(svg("text", { x: 10, y: 36 }, axis.negative), svg("text", { x: 290, y: 36, "text-anchor": "end" }, axis.positive));
  return svg("svg", { viewBox: "0 0 300 42", role: "img", "aria-label": label }, ...marks);
}

addEventListener("beforeunload", (event) => { if (!state.saved) event.preventDefault(); });
welcome();
