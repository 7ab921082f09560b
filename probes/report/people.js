// People who answered the set, behind the models: outlines and means of groups, and their button.
"use strict";

const people = core.people;
const DASHES = ["solid", "6px,2px", "2px,2px", "8px,2px,2px,2px", "11px,3px", "4px,2px,1px,2px"];
let peopleShown = true;

const crowd = () =>
  matchMedia("(prefers-color-scheme: dark)").matches && !printing
    ? { line: "#b5ae9f", shade: "rgba(214,196,150,.10)" }
    : { line: "#6f675b", shade: "rgba(138,118,72,.12)" };

/** Groups whose outlines are drawn, the largest first; others have a mean alone. */
const peopleGroups = () => [...new Set(people.groups.map((g) => g.group))].filter(Boolean).slice(0, DASHES.length);

function meanOf(group, axis) {
  return people.groups.find((g) => g.group === group && g.axis === axis.name);
}

function meanTrace(at) {
  const marker = { symbol: "hexagon", size: 8, color: crowd().line };
  return {
    mode: "markers+text", marker, name: "people", visible: peopleShown, ...at,
    textfont: { size: 10, color: crowd().line }, hovertemplate: "%{hovertext}<extra></extra>",
  };
}

const brief = (name) => (name.length > 24 ? `${name.slice(0, 23)}…` : name);

function toldGroup(group, ends) {
  const lines = ends.map(([axis, g]) => {
    const parts = { axis: axis.label, mean: signed(g.mean), half: span(g.p25, g.p75) };
    return Number.isFinite(g.p25) ? say("{axis}: mean {mean}, half from {half}", parts) : say("{axis}: mean {mean}", parts);
  });
  return [`<b>${plain(short(group))}</b>`, ...lines.map(plain), say("{n} people", ends[0][1])].join("<br>");
}

/** Means of groups, as `labels` takes models. */
function peopleDots(axes) {
  if (!people || !peopleShown) return [];
  const named = peopleGroups().filter((g) => axes.every((a) => meanOf(g, a)));
  return named.map((g) => ({
    name: g,
    places: Object.fromEntries(axes.map((a) => [a.name, { position: meanOf(g, a).mean }])),
  }));
}

/** On two axes: lines round half of each group, shading of all people, and means with their names. */
function peopleTraces(axes, where) {
  if (!people) return [];
  const [x, y] = axes.map((a) => a.name);
  const groups = peopleGroups();
  const traces = people.outlines
    .filter((o) => [o.x_axis, o.y_axis].every((a) => a === x || a === y) && (o.group === "" || groups.includes(o.group)))
    .map((o) => {
      const at = o.x_axis === x ? { x: o.x, y: o.y } : { x: o.y, y: o.x };
      const all = o.group === "";
      const line = all ? { width: 0 } : { width: 1, color: crowd().line, dash: DASHES[groups.indexOf(o.group)] };
      const fill = all ? { fill: "toself", fillcolor: crowd().shade } : {};
      return { ...at, ...fill, mode: "lines", line, name: "people", hoverinfo: "skip", visible: peopleShown };
    });
  const dots = peopleDots(axes);
  traces.push(meanTrace({
    x: dots.map((dot) => dot.places[x].position),
    y: dots.map((dot) => dot.places[y].position),
    text: dots.map((dot, i) => (where[i] === "none" ? "" : plain(brief(dot.name)))),
    textposition: where.map((place) => (place === "none" ? "top center" : place)),
    hovertext: dots.map((dot) => toldGroup(dot.name, axes.map((a) => [a, meanOf(dot.name, a)]))),
  }));
  return traces;
}

/** On one axis: a band that holds half of all people, and means in a row below the models. */
function peopleBand(axis, rows) {
  if (!people) return [];
  const all = meanOf("", axis);
  const named = peopleGroups().map((g) => [g, meanOf(g, axis)]).filter(([, g]) => g);
  const band = all && Number.isFinite(all.p25) ? [{
    x: [all.p25, all.p75, all.p75, all.p25], y: [-0.8, -0.8, rows, rows], mode: "lines", line: { width: 0 },
    fill: "toself", fillcolor: crowd().shade, name: "people", hoverinfo: "skip", visible: peopleShown,
  }] : [];
  return [...band, meanTrace({
    x: named.map(([, g]) => g.mean),
    y: named.map(() => rows),
    text: named.map(() => ""),
    hovertext: named.map(([group, g]) => toldGroup(group, [[axis, g]])),
  })];
}

/** The button that shows and hides them. */
function peopleButton() {
  if (!people) return [];
  const button = el("button", { type: "button", id: "people-shown", "aria-pressed": "true" }, el("span", { "aria-hidden": "true" }, "⬡"), say("People"));
  button.addEventListener("click", () => {
    peopleShown = !peopleShown;
    button.setAttribute("aria-pressed", String(peopleShown));
    byId("people-caption").hidden = !peopleShown;
    draw();
  });
  return [button];
}
