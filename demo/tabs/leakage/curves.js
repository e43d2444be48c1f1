// The curves of leakage over time: bits of some factors by step, with intervals and entropies.
import { makeSvg } from "../../web/dom.js";
import { themed } from "../../web/theme.js";

// Pixels around the curves.
export const LEFT = 34;
export const RIGHT = 10;
export const HEIGHT = 230;
const BOTTOM = 20;
const TOP = 22;
const NARROWEST = 80;
// Neither orange nor blue: those are A and B.
const INKS = {
  light: ["#882255", "#117733", "#8f7a14", "#AA4499", "#1f8a7c", "#332288", "#6b6b12"],
  dark: ["#FFAABB", "#44BB99", "#EEDD88", "#CC99EE", "#BBCC33", "#DDDDDD", "#AAAA00"],
};
const DASHES = ["", "7 4", "2 3", "10 3 2 3"];

// The colour of a factor among all of a report.
export function inkOf(factors, name) {
  const inks = themed(INKS);
  return inks[factors.findIndex((factor) => factor.name === name) % inks.length];
}

export function stepsOf(factors) {
  return Math.max(1, ...factors.map((factor) => factor.bits.length));
}

// The most bits of the axis: entropies, and the upper ends of the intervals.
function mostBits(shown) {
  let most = 1;
  for (const factor of shown) {
    most = Math.max(most, factor.entropy ?? 0);
    for (const [, , high] of factor.bits) most = Math.max(most, high);
  }
  return most;
}

// Factors of the same entropy share its line: [entropy, names].
function entropies(shown) {
  const found = new Map();
  for (const { name, entropy } of shown) {
    if (!entropy) continue;
    const key = entropy.toFixed(2);
    if (!found.has(key)) found.set(key, [entropy, []]);
    found.get(key)[1].push(name);
  }
  return [...found.values()];
}

// Draws `shown` of all `factors`; `hasParts` says that steps are parts of sequences of different lengths.
export function drawCurves(plot, { factors, shown, width, hasParts }) {
  plot.replaceChildren();
  if (width < NARROWEST) return;
  plot.setAttribute("width", width);
  const steps = stepsOf(factors);
  const most = mostBits(shown);
  const xOf = (step) => LEFT + ((step + 0.5) / steps) * (width - LEFT - RIGHT);
  const yOf = (bits) => TOP + (1 - bits / most) * (HEIGHT - TOP - BOTTOM);
  const right = width - RIGHT;

  const rule = (className, y) => makeSvg("line", className, undefined, { x1: LEFT, x2: right, y1: y, y2: y });
  for (let bits = 0; bits <= most; bits++) {
    const place = { x: LEFT - 7, y: yOf(bits) + 4, "text-anchor": "end" };
    plot.append(rule("sd-rule", yOf(bits)), makeSvg("text", "sd-tick", `${bits}`, place));
  }
  plot.append(makeSvg("text", "sd-tick", "bits", { x: 2, y: TOP - 5 }));
  for (let step = 0; step < steps; step++) {
    const name = hasParts ? `${step + 1}/${steps}` : `${step + 1}`;
    const place = { x: xOf(step), y: HEIGHT - 5, "text-anchor": "middle" };
    plot.append(makeSvg("text", "sd-tick", name, place));
  }
  for (const [entropy, names] of entropies(shown)) {
    const y = yOf(entropy);
    const text = `maximum (entropy) of ${names.join(", ")}: ${entropy.toFixed(2)}`;
    const place = { x: right, y: y - 4, "text-anchor": "end" };
    plot.append(rule("sd-entropy", y), makeSvg("text", "sd-tick sd-entropy-name", text, place));
  }
  shown.forEach((factor, i) => {
    const points = (end) => factor.bits.map((bits, step) => `${xOf(step)},${yOf(bits[end])}`);
    const ink = inkOf(factors, factor.name);
    const band = [...points(1), ...points(2).reverse()].join(" ");
    const dashes = DASHES[i % DASHES.length];
    plot.append(makeSvg("polygon", "sd-band", undefined, { points: band, fill: ink }));
    const line = { points: points(0).join(" "), stroke: ink, "stroke-dasharray": dashes };
    plot.append(makeSvg("polyline", "sd-line", undefined, line));
    factor.bits.forEach(([value], step) => {
      const place = { cx: xOf(step), cy: yOf(value), r: 3.5, fill: ink };
      const names = { "data-step": step, "data-factor": factor.name };
      plot.append(makeSvg("circle", "sd-point", undefined, { ...place, ...names }));
    });
  });
  const names = shown.map((factor) => factor.name).join(", ") || "no factor";
  plot.setAttribute("aria-label", `Curves of ${names}; the table below has their numbers`);
}
