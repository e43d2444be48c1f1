// Labels of points: in words, and as sizes.

export function isKnown(factor, value) {
  return value !== null && (!factor.classes.length || value >= 0);
}

export function labelWords(factor, value) {
  if (!isKnown(factor, value)) return "unknown";
  if (factor.classes.length) return factor.classes[value];
  return `${Number(value.toPrecision(3))} ${factor.unit}`.trim();
}

function knownValues(factor) {
  return factor.values.filter((value) => isKnown(factor, value));
}

// The ends of a continuous factor in words.
export function rangeWords(factor) {
  const known = knownValues(factor);
  if (!known.length) return "";
  const short = (value) => Number(value.toPrecision(3));
  return ` (${short(Math.min(...known))} to ${short(Math.max(...known))} ${factor.unit})`;
}

// Diameters by a number, so that areas are proportional to it; what is unknown is small. The largest hundredth are alike,
// lest one cloudburst make all other points dots.
export function diameters(factor, base) {
  const sorted = knownValues(factor).sort((a, b) => a - b);
  const low = sorted[0] ?? 0;
  const high = sorted[Math.floor(0.99 * (sorted.length - 1))] ?? 1;
  const span = high - low || 1;
  return factor.values.map((value) => {
    if (!isKnown(factor, value)) return 0.6 * base;
    const share = Math.min(1, Math.max(0, (value - low) / span));
    return 0.6 * base + 2.6 * base * Math.sqrt(share);
  });
}

// The same permutation every time: shuffled labels are a stated example, not a new surprise at every click.
export function permutation(n) {
  const rows = [...Array(n).keys()];
  let seed = 1;
  for (let i = n - 1; i > 0; i--) {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    const j = Math.floor((seed / 2 ** 32) * (i + 1));
    [rows[i], rows[j]] = [rows[j], rows[i]];
  }
  return rows;
}
