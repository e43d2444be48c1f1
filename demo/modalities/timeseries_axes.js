// Put before course.js: numbers of a series as they come, and round marks for its axes.
const MISSING = -32768;

// Thousandths in base64, 16 bits each, as [steps x variables]; NaN is missing.
function unpacked(text) {
  const raw = atob(text), out = new Float32Array(raw.length / 2);
  for (let i = 0; i < out.length; i++) {
    const v = ((raw.charCodeAt(2 * i) | (raw.charCodeAt(2 * i + 1) << 8)) << 16) >> 16;
    out[i] = v === MISSING ? NaN : v / 1000;
  }
  return out;
}

// From deviations of the training data, in which everything is drawn, to units and back.
function inUnits(x, { mean, std, log }) {
  const v = x * std + mean;
  return log ? Math.max(0, Math.expm1(v)) : v;
}
const inDeviations = (v, { mean, std, log }) => ((log ? Math.log1p(v) : v) - mean) / std;

// At most `most` round numbers between two ends in deviations: [[place, label]]. Those of a logarithm are 1, 3, 10.
function valueMarks(low, high, variable, most) {
  const bottom = inUnits(low, variable), top = inUnits(high, variable);
  let found = [];
  if (variable.log) {
    for (let p = 0; p < 9; p++) found.push(10 ** p, 3 * 10 ** p);
    found = [0, ...found].filter((v) => v >= bottom && v <= top);
    found = found.filter((_, i) => (found.length - 1 - i) % Math.ceil(found.length / most) === 0);
  }
  if (found.length < 2) {
    found = [];
    let step = 10 ** Math.floor(Math.log10((top - bottom) / 2));
    step *= [1, 2, 5, 10, 20].find((m) => (top - bottom) / (m * step) <= most) || 50;
    for (let k = Math.ceil(bottom / step); k * step <= top; k++) found.push(k * step);
  }
  return found.map((v) => [inDeviations(v, variable), String(Number(v.toPrecision(6)))]);
}

// Three digits, but never a rounded thousand.
function figure(v) {
  return Math.abs(v) >= 100 ? String(Math.round(v)) : String(Number(v.toPrecision(3)));
}

const form = (parts) => new Intl.DateTimeFormat("en-GB", { timeZone: "UTC", ...parts });
const CLOCK = { hour: "2-digit", minute: "2-digit" }, DAY = { day: "numeric", month: "short" };
const FORMS = { clock: form(CLOCK), day: form(DAY), moment: form({ ...DAY, ...CLOCK }) };
const date = (start, seconds, name) => FORMS[name].format(Date.parse(start) + 1000 * seconds);

// Marks on a time axis, [[step, label]]: dates or times of day where they are known, else time gone by.
function timeMarks(start, seconds, steps, most) {
  const total = (steps * seconds) / 3600, marks = [];
  const wide = [1, 3, 6, 12, 24, 48, 96, 168, 336, 720, 2160, 8760].find((hours) => total / hours <= most) || total / most;
  for (let hours = 0; hours < total * 0.99; hours += wide) marks.push([(hours * 3600) / seconds, elapsed(hours, total)]);
  if (!start) return marks;
  return marks.map(([step]) => [step, date(start, step * seconds, wide < 24 ? "clock" : "day")]);
}
const elapsed = (hours, total) => (total > 96 ? `${Number((hours / 24).toFixed(1))} d` : `${Number(hours.toFixed(1))} h`);

// One moment in words.
function moment(start, seconds, step) {
  if (!start) return `${elapsed(Math.floor((step * seconds) / 3600), 0)} from the start`;
  return date(start, step * seconds, "moment");
}

