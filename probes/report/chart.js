// The chart: models on two axes of the set, or on its only one. Draws finished numbers.
"use strict";

const COLOURS = {
  light: ["#0072B2", "#B84A00", "#00795A", "#A8527F", "#8A6100", "#2F7FB5", "#222222"],
  dark: ["#6FB7EA", "#F0955A", "#4FC9A4", "#E3A0C5", "#E8BD5A", "#A6D8F5", "#DDDDDD"],
};
const SYMBOLS = ["circle", "square", "triangle-up", "diamond", "triangle-down", "cross", "x", "pentagon"];
const LABELLED = 24;
const SIDES = 68; // pixels of margin beside the plot
const families = [...new Set(core.models.map((m) => m.family))].filter(Boolean).sort();
const hidden = new Set();
const darkScheme = matchMedia("(prefers-color-scheme: dark)");
let printing = false;
let view = { x: 0, y: 1 };

const scheme = () => (darkScheme.matches && !printing ? "dark" : "light");
const family = (model) => (families.length ? model.family : "");

/** A family's colour and symbol, as in the figures; grey for models without one. */
function look(name) {
  const at = families.indexOf(name);
  const palette = COLOURS[scheme()];
  if (at < 0) return { colour: families.length ? ink().soft : palette[0], symbol: "circle" };
  return { colour: palette[at % palette.length], symbol: SYMBOLS[at % SYMBOLS.length] };
}

function ink() {
  return scheme() === "dark"
    ? { ink: "#ecebe7", soft: "#b4b1a9", rule: "#383b41", card: "#1d1f23" }
    : { ink: "#1d1c1a", soft: "#57534c", rule: "#dedad2", card: "#ffffff" };
}

/** Names are text: plotly reads tags and entities in what it writes. */
const plain = (text) => text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
/** A model's name, and how it was asked where that differs between models. */
const called = (model) => (model.way ? `${short(model.name)} (${model.way})` : short(model.name));
const short = (text) => (text.length > 40 ? `${text.slice(0, 39)}…` : text);

function outline(one) {
  const points = { x: [], y: [] };
  const [a, b] = [one.var_x, one.cov];
  // Cholesky: x = s u, y = (b / s) u + t v runs round the ellipse as (u, v) runs round the circle
  const s = Math.sqrt(a);
  const t = Math.sqrt(Math.max(one.var_y - (s ? (b * b) / a : 0), 0));
  for (let i = 0; i <= 72; i += 1) {
    const [u, v] = [Math.cos((i * Math.PI) / 36), Math.sin((i * Math.PI) / 36)];
    points.x.push(bent(one.x, one.radius * s * u, one.x_from, one.x_to));
    points.y.push(bent(one.y, one.radius * ((s ? b / s : 0) * u + t * v), one.y_from, one.y_to));
  }
  return points;
}

/** So far away from a centre, on a scale that is compressed towards its ends, if it has any. */
function bent(centre, away, from, to) {
  if (from === undefined || from === null) return centre + away;
  const [middle, half] = [(from + to) / 2, (to - from) / 2];
  const at = Math.min(Math.max((centre - middle) / half, -0.9999), 0.9999);
  return middle + half * Math.tanh(Math.atanh(at) + away / half / (1 - at * at));
}

/** The ellipse of a model on these two axes, whichever way round the table has them. */
function ellipse(model, x, y) {
  const one = core.ellipses.find(
    (e) => e.model === model.name && [e.x_axis, e.y_axis].every((a) => a === x || a === y),
  );
  if (!one) return null;
  if (one.x_axis === x) return outline(one);
  const ends = { x_from: one.y_from, x_to: one.y_to, y_from: one.x_from, y_to: one.x_to };
  return outline({ ...one, ...ends, x: one.y, y: one.x, var_x: one.var_y, var_y: one.var_x });
}

/** What has a dot: a model that is placed on every axis of the chart. */
const drawn = (axes) => core.models.filter((m) => axes.every((a) => {
  const at = m.places[a.name];
  return at.placed && at.position !== null;
}));

function told(model, axes) {
  const lines = axes.map((axis) => {
    const at = model.places[axis.name];
    return `${axis.label} ${signed(at.position)} (${span(at.low, at.high)})${at.claim ? "" : `, ${say("no claim")}`}`;
  });
  return [`<b>${plain(called(model))}</b>`, ...lines.map(plain)].join("<br>");
}

/** Where a label is out of the way of other dots and labels; empty where there is no room. */
function labels(models, axes) {
  if (models.length > LABELLED) return models.map(() => "none");
  const unit = (2.2 * core.scale) / Math.max(byId("chart").clientWidth - SIDES, 100); // of a pixel
  const at = models.map((m) => axes.map((a) => m.places[a.name].position));
  const taken = at.map(([x, y]) => [x - 7 * unit, x + 7 * unit, y - 7 * unit, y + 7 * unit]);
  const free = (box, own) =>
    taken.every((t, i) => i === own || box[1] < t[0] || box[0] > t[1] || box[3] < t[2] || box[2] > t[3]);
  return at.map(([x, y], i) => {
    const wide = 7 * called(models[i]).length * unit;
    const [gap, tall] = [8 * unit, 14 * unit];
    const [above, below] = [[y + gap, y + gap + tall], [y - gap - tall, y - gap]];
    const places = { // corners first: there no label lies on its own cross
      "top right": [x + gap, x + gap + wide, ...above],
      "bottom right": [x + gap, x + gap + wide, ...below],
      "top left": [x - gap - wide, x - gap, ...above],
      "bottom left": [x - gap - wide, x - gap, ...below],
      "middle right": [x + gap, x + gap + wide, y - tall / 2, y + tall / 2],
      "middle left": [x - gap - wide, x - gap, y - tall / 2, y + tall / 2],
      "top center": [x - wide / 2, x + wide / 2, y + gap, y + gap + tall],
      "bottom center": [x - wide / 2, x + wide / 2, y - gap - tall, y - gap],
    };
    const inside = (b) => b[0] > -1.1 * core.scale && b[1] < 1.1 * core.scale;
    const found = Object.entries(places).find(([, box]) => inside(box) && free(box, i));
    if (!found) return "none";
    taken.push(found[1]);
    return found[0];
  });
}

function backdrop(axes) {
  const kinds = [...new Set(core.reference.map((r) => r.kind))];
  const at = (kind, axis) => core.reference.find((r) => r.kind === kind && r.axis === axis.name);
  const traces = [];
  const constant = { x: [], y: [], text: [] };
  const anchors = { x: [], y: [], text: [] };
  for (const kind of kinds) {
    const [x, y] = axes.map((axis) => at(kind, axis));
    if (!x || !y || x.position === null || y.position === null) continue;
    if (x.sd !== null && y.sd !== null) {
      const cloud = outline({ x: x.position, y: y.position, var_x: x.sd ** 2, var_y: y.sd ** 2, cov: 0, radius: 2 });
      traces.push({ ...cloud, mode: "lines", line: { width: 1, dash: "dot", color: ink().soft }, hoverinfo: "skip" });
      continue;
    }
    const into = kind.startsWith("respondent: ") ? anchors : constant;
    into.x.push(x.position);
    into.y.push(y.position);
    into.text.push(plain(kind.replace(/^respondent: /, "")));
  }
  const grey = { color: ink().soft, size: 8 };
  const line = { color: ink().soft, width: 1 };
  traces.push({ ...constant, mode: "lines+markers", line, marker: { ...grey, symbol: "x-thin-open" }, hovertemplate: "%{text}<extra></extra>" });
  traces.push({ ...anchors, mode: "markers", marker: { ...grey, symbol: "diamond-open" }, hovertemplate: "%{text}<extra></extra>" });
  return traces;
}

function familyTraces(name, models, axes, where) {
  const { colour, symbol } = look(name);
  const visible = !hidden.has(name);
  const traces = [];
  for (const claim of [true, false]) {
    const line = { x: [], y: [] };
    for (const model of models.filter((m) => axes.every((a) => m.places[a.name].claim) === claim)) {
      const round = axes.length > 1 && ellipse(model, axes[0].name, axes[1].name);
      if (!round) continue;
      line.x.push(...round.x, null);
      line.y.push(...round.y, null);
    }
    const style = { color: colour, width: claim ? 0.5 : 1, dash: claim ? "solid" : "dot" };
    const fill = claim ? { fill: "toself" } : {};
    const opacity = core.models.length > 20 ? 0.35 : 0.6;
    traces.push({ ...line, ...fill, mode: "lines", line: style, opacity, hoverinfo: "skip", visible });
  }
  const claims = models.map((m) => axes.every((a) => m.places[a.name].claim));
  const reach = (axis, edge) => models.map(({ places }) => {
    const at = places[axis.name];
    return at[edge] === null ? 0 : Math.abs(at[edge] - at.position);
  });
  const cross = (axis) => ({
    type: "data", symmetric: false, array: reach(axis, "high"), arrayminus: reach(axis, "low"),
    color: colour, thickness: 1.2, width: 0,
  });
  traces.push({
    error_x: cross(axes[0]),
    error_y: cross(axes[1]),
    x: models.map((m) => m.places[axes[0].name].position),
    y: models.map((m) => m.places[axes[1].name].position),
    customdata: models.map((m) => core.models.indexOf(m)),
    text: models.map((m) => (where.get(m) === "none" ? "" : plain(called(m)))),
    hovertext: models.map((m) => told(m, axes)),
    textposition: models.map((m) => (where.get(m) === "none" ? "top center" : where.get(m))),
    hovertemplate: "%{hovertext}<extra></extra>",
    mode: "markers+text",
    cliponaxis: false,
    textfont: { size: 12, color: ink().ink },
    marker: {
      color: claims.map((c) => (c ? colour : ink().card)),
      symbol,
      size: 11,
      opacity: models.map((m) => (m.about.pale ? 0.55 : 1)),
      line: { color: colour, width: 2 },
    },
    visible,
  });
  return traces;
}

const FRAME = () => ({
  paper_bgcolor: "rgba(0,0,0,0)",
  plot_bgcolor: "rgba(0,0,0,0)",
  font: { family: "system-ui, sans-serif", size: 12, color: ink().ink },
  showlegend: false,
  hovermode: "closest",
  dragmode: "zoom",
  hoverlabel: { align: "left", bgcolor: ink().card, bordercolor: ink().soft, font: { color: ink().ink } },
});

/** Below the chart: the dots whose names found no room in it. */
function unnamed(models, axes) {
  const at = (m) => axes.map((a) => signed(m.places[a.name].position, 1)).join(", ");
  const names = models.map((m) => `${m.name} (${at(m)})`);
  byId("unnamed").hidden = !names.length;
  byId("unnamed").textContent = say("Without a name in the chart, for want of room: {names}.", { names: names.join("; ") });
}

/** Below the chart: who has no dot in it, and why. */
function absent(axes) {
  const { text } = core.absent.find((one) => axes.every((a) => one.axes.includes(a.name)));
  byId("absent").hidden = !text;
  byId("absent").textContent = text;
}

function compassOf(axes) {
  const shown = drawn(axes);
  const places = labels([...shown, ...peopleDots(axes)], axes);
  const where = new Map(shown.map((m, i) => [m, places[i]]));
  unnamed(shown.filter((m) => where.get(m) === "none"), axes);
  const traces = [...peopleTraces(axes, places.slice(shown.length)), ...backdrop(axes)];
  for (const name of [...new Set(shown.map(family))]) {
    traces.push(...familyTraces(name, shown.filter((m) => family(m) === name), axes, where));
  }
  const [x, y] = axes;
  const rail = (axis) => ({
    range: [-1.1 * core.scale, 1.1 * core.scale],
    zerolinecolor: ink().soft, gridcolor: ink().rule, linecolor: ink().rule, mirror: true,
    title: { text: plain(`${axis.negative}  ←  ${axis.label}  →  ${axis.positive}`), font: { size: 13 } },
  });
  const corner = (right, top) => ({
    xref: "paper", yref: "paper", x: right ? 0.985 : 0.015, y: top ? 0.985 : 0.015, showarrow: false,
    xanchor: right ? "right" : "left", yanchor: top ? "top" : "bottom", font: { size: 11, color: ink().soft },
    text: plain(short(`${top ? y.positive : y.negative}, ${right ? x.positive : x.negative}`)),
  });
  const corners = [corner(0, 0), corner(1, 0), corner(0, 1), corner(1, 1)];
  const layout = { ...FRAME(), xaxis: rail(x), yaxis: rail(y), annotations: corners, margin: { l: SIDES - 12, r: 12, t: 8, b: 48 } };
  return { traces, layout, height: null };
}

function lineOf(axis) {
  const shown = drawn([axis]);
  shown.sort((a, b) => b.places[axis.name].position - a.places[axis.name].position);
  const traces = [...new Set(shown.map(family))].map((name) => {
    const models = shown.filter((m) => family(m) === name);
    const at = models.map((m) => m.places[axis.name]);
    const { colour, symbol } = look(name);
    const reach = (edge) => at.map((p) => (p[edge] === null ? 0 : Math.abs(p[edge] - p.position)));
    return {
      x: at.map((p) => p.position),
      y: models.map((m) => shown.indexOf(m)),
      customdata: models.map((m) => core.models.indexOf(m)),
      hovertext: models.map((m) => told(m, [axis])),
      hovertemplate: "%{hovertext}<extra></extra>",
      mode: "markers",
      marker: { color: at.map((p) => (p.claim ? colour : ink().card)), symbol, size: 11, line: { color: colour, width: 2 } },
      error_x: { type: "data", array: reach("high"), arrayminus: reach("low"), symmetric: false, color: colour, thickness: 2, width: 0 },
      visible: !hidden.has(name),
    };
  });
  traces.unshift(...peopleBand(axis, shown.length));
  const layout = {
    ...FRAME(),
    xaxis: {
      range: [-1.1 * core.scale, 1.1 * core.scale], zerolinecolor: ink().soft, gridcolor: ink().rule,
      title: { text: plain(`${axis.negative}  ←  ${axis.label}  →  ${axis.positive}`) },
    },
    yaxis: {
      tickvals: shown.map((_, i) => i), ticktext: shown.map((m) => plain(called(m))),
      automargin: true, zeroline: false, gridcolor: ink().rule,
    },
    margin: { l: 20, r: 12, t: 8, b: 48 },
  };
  return { traces, layout, height: Math.max(260, 90 + 26 * shown.length) };
}

async function draw() {
  const axes = core.axes.length > 1 ? [core.axes[view.x], core.axes[view.y]] : core.axes;
  const { traces, layout, height } = axes.length > 1 ? compassOf(axes) : lineOf(axes[0]);
  absent(axes);
  if (height) byId("chart").style.height = `${height}px`;
  await Plotly.react(byId("chart"), traces, layout, { responsive: true, displayModeBar: false, scrollZoom: false });
}

function legend() {
  const names = [...new Set(core.models.map(family))];
  const buttons = names.length < 2 ? [] : names.map((name) => {
    const mark = el("span", { "aria-hidden": "true" });
    const paint = () => {
      mark.textContent = hidden.has(name) ? "○" : "●";
      mark.style.color = look(name).colour;
    };
    paint();
    darkScheme.addEventListener("change", paint);
    const button = el("button", { type: "button", "aria-pressed": "true" }, mark, name || say("no family"));
    button.addEventListener("click", () => {
      hidden[hidden.has(name) ? "delete" : "add"](name);
      button.setAttribute("aria-pressed", String(!hidden.has(name)));
      paint();
      draw();
    });
    return button;
  });
  const whole = el("button", { type: "button", id: "whole" }, say("Whole chart"));
  whole.addEventListener("click", draw);
  byId("legend").replaceChildren(...buttons, ...peopleButton(), whole);
}

function choices() {
  if (core.axes.length < 3) return;
  const choice = (label, key) => {
    const select = el("select", { id: `axis-${key}` }, core.axes.map((a, i) => el("option", { value: i }, a.label)));
    select.value = view[key];
    select.addEventListener("change", () => {
      const other = key === "x" ? "y" : "x";
      if (Number(select.value) === view[other]) {
        view[other] = view[key];
        byId(`axis-${other}`).value = view[other];
      }
      view[key] = Number(select.value);
      draw();
    });
    return el("label", {}, label, select);
  };
  byId("axes-choice").hidden = false;
  byId("axes-choice").append(choice(say("Across"), "x"), choice(say("Upwards"), "y"));
}

/** Show in the chart the dot of the row that is pointed at, or has the focus. */
function point(event) {
  const row = event.target.closest("tr[data-model]");
  const model = row ? Number(row.dataset.model) : -1;
  const chart = byId("chart");
  (chart.data || []).forEach((trace, curve) => {
    const at = (trace.customdata || []).indexOf(model);
    if (at >= 0 && trace.visible) Plotly.Fx.hover(chart, [{ curveNumber: curve, pointNumber: at }]);
  });
}

async function chart() {
  const script = el("script");
  script.textContent = await unpackText("plotly");
  document.head.append(script);
  choices();
  legend();
  await draw();
  byId("chart").on("plotly_click", ({ points }) => {
    if (points[0].customdata !== undefined) location.hash = `#model/${points[0].customdata}`;
  });
  darkScheme.addEventListener("change", draw);
  let resized = 0;
  addEventListener("resize", () => {
    clearTimeout(resized);
    resized = setTimeout(draw, 300); // labels find their places anew
  });
  addEventListener("beforeprint", () => { printing = true; draw(); });
  addEventListener("afterprint", () => { printing = false; draw(); });
  byId("placements").addEventListener("mouseover", point);
  byId("placements").addEventListener("focusin", point);
  document.documentElement.dataset.chart = "drawn";
}

if (core.axes.length && core.models.some((m) => core.axes.some((a) => m.places[a.name].position !== null))) {
  chart().catch(() => trouble(say("This browser cannot draw the chart; the tables are complete without it.")));
} else if (byId("figure")) {
  byId("figure").hidden = true;
}
