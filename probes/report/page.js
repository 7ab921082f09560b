// Tables that sort and search, downloads, and the evidence that is unpacked on the spot.
"use strict";

const byId = (id) => document.getElementById(id);
const core = JSON.parse(byId("core").textContent);

/** A text in the page's language, with `{name}` filled. */
const say = (text, parts = {}) =>
  (core.words[text] ?? text).replace(/\{(\w+)\}/g, (whole, part) => (part in parts ? String(parts[part]) : whole));

/** An element; strings among its children become text, never markup. */
function el(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined && value !== "") made.setAttribute(name, value);
  }
  made.append(...children.flat().filter((child) => child !== null && child !== ""));
  return made;
}

function svg(tag, attributes, ...children) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

const signed = (value, digits = 2) => {
  if (value === null || value === undefined) return say("none");
  const text = Math.abs(value).toFixed(digits);
  return Number(text) === 0 ? text : (value < 0 ? "\u2212" : "+") + text;
};
const span = (low, high) =>
  low === null || high === null ? say("none") : say("{least} to {most}", { least: signed(low), most: signed(high) });

const DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%:()*+-;,=.?@^_`{|}~";

/** Bytes of a text in base 85: five characters are four bytes, the last may be fewer. */
function bytesOf(text) {
  const value = new Uint8Array(128);
  [...DIGITS].forEach((digit, i) => { value[digit.charCodeAt(0)] = i; });
  const groups = Math.ceil(text.length / 5);
  const bytes = new DataView(new ArrayBuffer(4 * groups));
  for (let g = 0; g < groups; g += 1) {
    let number = 0;
    for (let i = 5 * g; i < 5 * g + 5; i += 1) {
      number = 85 * number + (i < text.length ? value[text.charCodeAt(i)] : 84);
    }
    bytes.setUint32(4 * g, number);
  }
  return new Uint8Array(bytes.buffer, 0, 4 * groups - (5 * groups - text.length));
}

/** The bytes of a compressed block of this page. */
async function unpack(id) {
  const bytes = bytesOf(byId(id).textContent.trim());
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream).arrayBuffer();
}

/** A table that was written column by column, line by line again. */
function turnedBack(data, columns) {
  if (!columns) return data;
  const cells = new TextDecoder("utf-8", { ignoreBOM: true }).decode(data).split("\n");
  const lines = cells.length / columns;
  const line = (r) => Array.from({ length: columns }, (_, c) => cells[c * lines + r]).join(",");
  return Array.from({ length: lines }, (_, r) => `${line(r)}\n`).join("");
}

const unpackText = async (id) => new TextDecoder().decode(await unpack(id));

function trouble(sentence) {
  byId("trouble").textContent = sentence;
  byId("trouble").hidden = false;
}

// --- tables ----------------------------------------------------------------------------------

/** What a cell is sorted by: its number if it has one; what is missing always comes last. */
function sortKey(cell) {
  const value = cell.dataset.value ?? cell.textContent.trim();
  if (value === "" || value === say("none")) return null;
  return Number.isNaN(Number(value)) ? value.toLocaleLowerCase() : Number(value);
}

function compare(one, other, direction) {
  if (one === null || other === null) return (one === null) - (other === null);
  if (typeof one === "number" && typeof other === "number") return direction * (one - other);
  return direction * String(one).localeCompare(String(other), undefined, { numeric: true });
}

function sortBy(table, head) {
  const descending = head.getAttribute("aria-sort") === "ascending";
  const column = [...head.parentNode.children].indexOf(head);
  const rows = [...table.tBodies[0].rows].map((row) => [sortKey(row.cells[column]), row]);
  rows.sort((one, other) => compare(one[0], other[0], descending ? -1 : 1));
  table.tBodies[0].append(...rows.map((row) => row[1]));
  for (const other of head.parentNode.children) {
    if (other.hasAttribute("aria-sort")) other.setAttribute("aria-sort", "none");
  }
  head.setAttribute("aria-sort", descending ? "descending" : "ascending");
}

function search(table, words, told) {
  const wanted = words.toLocaleLowerCase().split(/\s+/).filter(Boolean);
  let shown = 0;
  for (const row of table.tBodies[0].rows) {
    const text = row.textContent.toLocaleLowerCase();
    row.hidden = !wanted.every((word) => text.includes(word));
    shown += row.hidden ? 0 : 1;
  }
  const all = table.tBodies[0].rows.length;
  told.textContent = wanted.length ? say("{n} of {all} rows", { n: shown, all }) : "";
}

for (const table of document.querySelectorAll("table.sortable")) {
  for (const button of table.querySelectorAll("button.sort")) {
    button.addEventListener("click", () => sortBy(table, button.closest("th")));
  }
}
for (const input of document.querySelectorAll("input[data-search]")) {
  const id = input.dataset.search;
  const told = document.querySelector(`[data-found="${id}"]`);
  input.addEventListener("input", () => search(byId(id), input.value, told));
}

// --- downloads and copying -------------------------------------------------------------------

async function download(button) {
  const { columns } = byId(button.dataset.from).dataset;
  const table = turnedBack(await unpack(button.dataset.from), Number(columns));
  const data = new Blob([table], { type: "text/csv" });
  const link = el("a", { href: URL.createObjectURL(data), download: button.dataset.name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
}

for (const button of document.querySelectorAll("button.download")) {
  button.addEventListener("click", () => download(button));
}
byId("copy").addEventListener("click", () => {
  const range = document.createRange();
  range.selectNodeContents(byId("bibtex"));
  getSelection().removeAllRanges();
  getSelection().addRange(range);
  const done = document.execCommand("copy"); // works from disk, too, where the clipboard API may not
  byId("copied").textContent = done ? say("copied") : say("selected: copy it with the keyboard");
});
