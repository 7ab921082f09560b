// Chance: who is asked what, in which order. From the browser's generator for keys, without a seed.
"use strict";

/** A whole number from 0 to below `count`, each as probable as the others. */
function below(count) {
  const most = Math.floor(2 ** 32 / count) * count;
  const drawn = new Uint32Array(1);
  do crypto.getRandomValues(drawn); while (drawn[0] >= most);
  return drawn[0] % count;
}

/** A copy in random order (Fisher and Yates). */
function shuffled(list) {
  const made = [...list];
  for (let i = made.length - 1; i > 0; i -= 1) {
    const j = below(i + 1);
    [made[i], made[j]] = [made[j], made[i]];
  }
  return made;
}

/** Numbers of the statements whose mirror a person sees (first). */
function mirrored(core) {
  const chosen = new Set();
  for (const group of core.halves) {
    // Within a topic in random order, topics in random order; then every second one, from a random start.
    const topics = [...new Set(shuffled(group).map((n) => core.topics[n]))];
    const inOrder = topics.flatMap((t) => shuffled(group.filter((n) => core.topics[n] === t)));
    const start = below(2);
    inOrder.forEach((n, place) => { if (place % 2 === start) chosen.add(n); });
  }
  return chosen;
}

/** The texts that a person sees: [number of the statement, whether its mirror], in their order. */
function drawn(core) {
  const all = shuffled(core.ids.map((_, n) => n));
  if (core.sides === "statements") return all.map((n) => [n, false]);
  const turned = mirrored(core);
  if (core.sides === "split") return all.map((n) => [n, turned.has(n)]);
  // Both: a first round of all pairs, and a second in much the same order, so that the two texts of a
  // pair are at least three quarters of a round apart. Statements without a mirror are in either.
  const paired = all.filter((n) => core.paired[n]);
  const quarter = Math.ceil(paired.length / 4);
  const again = [0, 1, 2, 3].flatMap((q) => shuffled(paired.slice(q * quarter, (q + 1) * quarter)));
  const rounds = [paired.map((n) => [n, turned.has(n)]), again.map((n) => [n, !turned.has(n)])];
  for (const n of all.filter((number) => !core.paired[number])) {
    const round = rounds[below(2)];
    round.splice(below(round.length + 1), 0, [n, false]);
  }
  return rounds.flat();
}

/** A person's random name: a letter and twelve letters or digits. */
function personName() {
  const letters = "23456789abcdefghjkmnpqrstuvwxyz";
  return `p${Array.from({ length: 12 }, () => letters[below(letters.length)]).join("")}`;
}
