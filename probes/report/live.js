// Only in `probes view`: asks whether there is something new, and then loads the page again.
"use strict";

// a page that takes long to make is asked for less often
const EVERY = Math.max(2000, 5 * performance.getEntriesByType("navigation")[0].responseStart);
const KEPT = "probes-view";

function remember() {
  const chosen = [...document.querySelectorAll("select, input[type=search]")].map((f) => f.value);
  sessionStorage.setItem(KEPT, JSON.stringify({ at: scrollY, chosen }));
}

/** Back to where the reader was, once the evidence is there to be shown. */
function restore() {
  const kept = JSON.parse(sessionStorage.getItem(KEPT) || "null");
  sessionStorage.removeItem(KEPT);
  if (!kept) return;
  document.querySelectorAll("select, input[type=search]").forEach((field, i) => {
    if (!kept.chosen[i] || field.value === kept.chosen[i]) return;
    field.value = kept.chosen[i];
    field.dispatchEvent(new Event(field.tagName === "SELECT" ? "change" : "input"));
  });
  scrollTo({ top: kept.at, behavior: "instant" });
}

async function ask(first) {
  let now = first;
  try {
    const reply = await fetch("state", { cache: "no-store" });
    now = reply.ok ? await reply.text() : first;
  } catch {
    trouble(say("The server of probes view has ended; this is the last state it showed."));
    return;
  }
  const typing = document.activeElement && document.activeElement.type === "search";
  if (now !== first && !typing) {
    remember();
    location.reload();
    return;
  }
  setTimeout(ask, EVERY, first);
}

evidence.then(restore).finally(() => ask(document.documentElement.dataset.state));
