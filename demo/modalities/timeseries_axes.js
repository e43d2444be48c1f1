// Numbers of a series as they come, and round marks for its axes.

const MISSING = -32768;
const HOURS = [1, 3, 6, 12, 24, 48, 96, 168, 336, 720, 2160, 8760];
const ROUND = [1, 2, 5, 10, 20];

// Thousandths in base64, 16 bits each, as [steps x variables]; NaN is missing.
export function unpacked(text) {
  const raw = atob(text);
  const values = new Float32Array(raw.length / 2);
  for (let i = 0; i < values.length; i++) {
    const low = raw.charCodeAt(2 * i);
    const high = raw.charCodeAt(2 * i + 1);
    const value = ((low | (high << 8)) << 16) >> 16; // with its sign
    values[i] = value === MISSING ? NaN : value / 1000;
  }
  return values;
}

// The series of a tile: values, the decoder's scale if it was generated, and steps.
export function seriesOf(tile) {
  return { x: unpacked(tile.x), scale: tile.scale && unpacked(tile.scale), steps: tile.steps };
}

// From standard deviations of the training data, in which everything is drawn, to units and back.
export function inUnits(x, { mean, std, log }) {
  const value = x * std + mean;
  return log ? Math.max(0, Math.expm1(value)) : value;
}

function inDeviations(value, { mean, std, log }) {
  return ((log ? Math.log1p(value) : value) - mean) / std;
}

// 0, 1, 3, 10, 30, ... within two ends in units, thinned to at most `most`.
function logarithmicMarks(bottom, top, most) {
  const all = [0];
  for (let power = 0; power < 9; power++) all.push(10 ** power, 3 * 10 ** power);
  const within = all.filter((value) => value >= bottom && value <= top);
  const every = Math.ceil(within.length / most);
  return within.filter((_, i) => (within.length - 1 - i) % every === 0);
}

function linearMarks(bottom, top, most) {
  let step = 10 ** Math.floor(Math.log10((top - bottom) / 2));
  step *= ROUND.find((factor) => (top - bottom) / (factor * step) <= most) || 50;
  const marks = [];
  for (let k = Math.ceil(bottom / step); k * step <= top; k++) marks.push(k * step);
  return marks;
}

// At most `most` round numbers between two ends in deviations: [[place, label]].
export function valueMarks(low, high, variable, most) {
  const bottom = inUnits(low, variable);
  const top = inUnits(high, variable);
  let marks = variable.log ? logarithmicMarks(bottom, top, most) : [];
  if (marks.length < 2) marks = linearMarks(bottom, top, most);
  return marks.map((value) => [inDeviations(value, variable), String(Number(value.toPrecision(6)))]);
}

// Three digits, but never a rounded thousand.
export function threeDigits(value) {
  return Math.abs(value) >= 100 ? String(Math.round(value)) : String(Number(value.toPrecision(3)));
}

const CLOCK = { hour: "2-digit", minute: "2-digit" };
const DAY = { day: "numeric", month: "short" };

function formatter(parts) {
  return new Intl.DateTimeFormat("en-GB", { timeZone: "UTC", ...parts });
}

const FORMATS = { clock: formatter(CLOCK), day: formatter(DAY), moment: formatter({ ...DAY, ...CLOCK }) };

function date(start, seconds, format) {
  return FORMATS[format].format(Date.parse(start) + 1000 * seconds);
}

function elapsed(hours, total) {
  return total > 96 ? `${Number((hours / 24).toFixed(1))} d` : `${Number(hours.toFixed(1))} h`;
}

// Marks on a time axis, [[step, label]]: dates or times of day where they are known, else elapsed time.
export function timeMarks(start, seconds, steps, most) {
  const total = (steps * seconds) / 3600;
  const wide = HOURS.find((hours) => total / hours <= most) || total / most;
  const format = wide < 24 ? "clock" : "day";
  const marks = [];
  for (let hours = 0; hours < total * 0.99; hours += wide) {
    const step = (hours * 3600) / seconds;
    const label = start ? date(start, step * seconds, format) : elapsed(hours, total);
    marks.push([step, label]);
  }
  return marks;
}

// One moment in words.
export function moment(start, seconds, step) {
  if (start) return date(start, step * seconds, "moment");
  return `${elapsed(Math.floor((step * seconds) / 3600), 0)} from the start`;
}
