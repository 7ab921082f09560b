// Where one person's answers lie on an axis, and the interval: docs/method.md 4, with one wording.
"use strict";

const LEVEL = 0.95;
const CLIP = 0.9999;
const EDGE = 0.75;
const TOPICS = 3;
const PER_TOPIC = 2;
const total = (list) => list.reduce((sum, value) => sum + value, 0);

/**
 * Position, low and high; null where there is none.
 * `given`: number of a statement -> its answers, as [number of the answer, whether to the mirror].
 */
function estimate(axis, given) {
  const items = axis.items.filter((item) => given.has(item.number)).map((item) => {
    const leanings = given.get(item.number).map(([answer, mirror]) => (mirror ? item.mirror : item.text)[answer]);
    return { ...item, z: total(leanings) / leanings.length };
  });
  const asked = total(axis.items.map((item) => item.weight));
  const whole = total(items.map((item) => item.weight));
  if (!items.length || whole < axis.least * asked - 1e-9) return { position: null, low: null, high: null };
  const at = (mean) => axis.offset + axis.scale * Math.max(-1, Math.min(1, mean));
  const position = at(total(items.map((item) => item.weight * item.z)) / whole);
  const units = grouping(items);
  if (new Set(units).size < 2) return { position, low: null, high: null };
  const [low, high] = interval(items.map((i) => i.z), items.map((i) => i.weight), units).map(at);
  return { position, low: Math.min(low, position), high: Math.max(high, position) };
}

/** The unit of each item: its topic, where there are enough topics of enough statements; else itself. */
function grouping(items) {
  const sizes = new Map();
  for (const { topic } of items) if (topic !== null) sizes.set(topic, (sizes.get(topic) ?? 0) + 1);
  const enough = [...sizes.values()].filter((size) => size >= PER_TOPIC).length >= TOPICS;
  return items.map((item) => (enough && item.topic !== null ? `t ${item.topic}` : `s ${item.number}`));
}

/** Mean, variance S and degrees of freedom of a weighted mean of units. */
function spread(z, weights, units) {
  const whole = total(weights);
  const of = new Map();
  units.forEach((unit, i) => {
    const sums = of.get(unit) ?? { weight: 0, sum: 0 };
    of.set(unit, { weight: sums.weight + weights[i] / whole, sum: sums.sum + (weights[i] / whole) * z[i] });
  });
  const sums = [...of.values()];
  const mean = total(sums.map((unit) => unit.sum));
  const squares = total(sums.map((unit) => (unit.weight * (unit.sum / unit.weight - mean)) ** 2));
  const effective = 1 / total(sums.map((unit) => unit.weight ** 2));
  return { mean, variance: (sums.length / (sums.length - 1)) * squares, dof: Math.max(effective - 1, 1) };
}

/** Low and high of the mean leaning; beyond `EDGE` at least those with one answer more at either end. */
function interval(z, weights, units) {
  const { mean, variance, dof } = spread(z, weights, units);
  const m = Math.min(Math.max(mean, -CLIP), CLIP);
  const half = (tQuantile(dof) * Math.sqrt(variance)) / (1 - m * m);
  let [low, high] = [Math.tanh(Math.atanh(m) - half), Math.tanh(Math.atanh(m) + half)];
  if (Math.abs(mean) > EDGE) {
    const usual = total(weights) / weights.length;
    const more = spread([...z, 1, -1], [...weights, usual, usual], [...units, "+", "-"]);
    const plain = tQuantile(more.dof) * Math.sqrt(more.variance);
    low = Math.min(low, Math.max(more.mean - plain, -1));
    high = Math.max(high, Math.min(more.mean + plain, 1));
  }
  const inside = Math.min(Math.max(mean, -1), 1);
  return [Math.min(low, inside), Math.max(high, inside)];
}

/** Student's t beyond which 1 - `LEVEL` lies on both sides: I_x(dof / 2, 1 / 2) = 1 - LEVEL, solved by halving. */
function tQuantile(dof) {
  let [from, to] = [0, 1];
  for (let i = 0; i < 200; i += 1) {
    const middle = (from + to) / 2;
    if (incompleteBeta(middle, dof / 2, 0.5) < 1 - LEVEL) from = middle; else to = middle;
  }
  return Math.sqrt((dof * (1 - from)) / from);
}

/** The regularised incomplete beta function, by its continued fraction (Lentz 1976). */
function incompleteBeta(x, a, b) {
  if (x <= 0 || x >= 1) return x <= 0 ? 0 : 1;
  if (x > (a + 1) / (a + b + 2)) return 1 - incompleteBeta(1 - x, b, a);
  const front = Math.exp(logGamma(a + b) - logGamma(a) - logGamma(b) + a * Math.log(x) + b * Math.log1p(-x)) / a;
  const away = (value) => (Math.abs(value) < 1e-300 ? 1e-300 : value);
  let [c, d] = [1, 1 / away(1 - ((a + b) * x) / (a + 1))];
  let fraction = d;
  for (let m = 1; m < 500; m += 1) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    for (const term of [even, odd]) {
      d = 1 / away(1 + term * d);
      c = away(1 + term / c);
      fraction *= d * c;
    }
    if (Math.abs(d * c - 1) < 1e-16) break;
  }
  return front * fraction;
}

/** Logarithm of the gamma function above 0, by Stirling's series from 15 on. */
function logGamma(x) {
  let [at, below15] = [x, 0];
  for (; at < 15; at += 1) below15 += Math.log(at);
  const square = 1 / (at * at);
  const series = 1 / 12 - square * (1 / 360 - square * (1 / 1260 - square * (1 / 1680 - square / 1188)));
  return (at - 0.5) * Math.log(at) - at + 0.5 * Math.log(2 * Math.PI) + series / at - below15;
}
