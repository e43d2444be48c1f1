// One clip of a time series: a plot for every variable that is shown.
import { clamp, make, makeSvg } from "../web/dom.js";
import { verdictMarks } from "../web/judge.js";
import { tileClass } from "./stage.js";
import { inUnits, moment, threeDigits, timeMarks, valueMarks } from "./timeseries_axes.js";

// Pixels around and between the plots.
export const LEFT = 40;
export const RIGHT = 6;
export const AXIS = 20;
export const NAME = 17;
const RUG = 4;
const NARROWEST = 80;
// Height of a plot by how many there are.
const HEIGHTS = [0, 210, 130, 104, 98, 84];
const LOWEST = 72;
// Of the height of the lines, that bands may have above and below them.
const ROOM = 0.4;

// The ends of each variable's axis: every value, and of the bands as much as leaves room for the lines.
export function axisEnds(message, clips) {
  return message.variables.map((_, variable) => ends(message, clips, variable));
}

function ends(message, clips, variable) {
  const count = message.variables.length;
  const bands = [];
  let low = Infinity;
  let high = -Infinity;
  for (const { x, scale } of clips) {
    for (let i = variable; i < x.length; i += count) {
      if (!Number.isFinite(x[i])) continue;
      low = Math.min(low, x[i]);
      high = Math.max(high, x[i]);
      if (scale) bands.push(x[i] - message.reach * scale[i], x[i] + message.reach * scale[i]);
    }
  }
  if (low > high) return [-1, 1];
  if (bands.length) {
    const sorted = Float32Array.from(bands).sort();
    const outliers = Math.floor(sorted.length / 50);
    const room = ROOM * (high - low);
    const bottom = Math.max(sorted[outliers], low - room);
    const top = Math.min(sorted[sorted.length - 1 - outliers], high + room);
    low = Math.min(low, bottom);
    high = Math.max(high, top);
  }
  const margin = 0.04 * (high - low) || 0.5;
  return [low - margin, high + margin];
}

function rounded(pixels) {
  return Math.round(10 * pixels) / 10;
}

function mean(values) {
  const known = values.filter((value) => value !== null && value !== undefined);
  if (!known.length) return null;
  return known.reduce((sum, value) => sum + value, 0) / known.length;
}

// `tile` is one of demo.modalities.timeseries; `series` its own values, `donor` the measured series that gave its
// dynamics, and `baseline` the mean of the one that gave its static code, by variable; both may be null.
export function seriesView(tile, series, donor, baseline, about) {
  const node = make("figure", `${tileClass(tile)} sd-plots`, undefined, { "data-clip": tile.clip });
  const head = make("div", "sd-plots-head");
  head.append(make("strong", "", tile.title), make("span", "sd-caption", tile.caption));
  const plot = makeSvg("svg", "sd-course", undefined, { role: "img" });
  const caption = make("figcaption");
  const metric = make("span", "sd-metric");
  caption.append(metric);
  if (tile.verdict.length) caption.append(verdictMarks(tile.verdict));
  node.append(head, plot, caption);

  const view = { tile, node, plot, draw, point, stepAt, mark, width: 0, longest: 0, cursor: null };
  const count = about.variables.length;
  const valueAt = (one, step, variable) => one.x[step * count + variable];
  const halfBand = (step, variable) => about.reach * series.scale[step * count + variable];
  let panels = [];

  const xOf = (step) => rounded(LEFT + ((step + 0.5) / view.longest) * (view.width - LEFT - RIGHT));

  // `shown` are the variables, `axes` the ends of their axes, `longest` the steps that the `width` stands for.
  function draw(shown, axes, longest, width) {
    if (width < NARROWEST) return;
    view.width = width;
    view.longest = longest;
    const each = HEIGHTS[shown.length] || LOWEST;
    const floor = shown.length * each;
    const size = { width, height: floor + AXIS, viewBox: `0 0 ${width} ${floor + AXIS}` };
    for (const [name, value] of Object.entries(size)) plot.setAttribute(name, value);
    plot.replaceChildren();
    drawTimes(longest, width, floor);
    panels = shown.map((variable, i) => drawPanel(variable, i * each, each, axes[variable]));
    view.cursor = makeSvg("g", "sd-cursor");
    plot.append(view.cursor);
    plot.setAttribute("aria-label", description(shown));
    metric.textContent = figures(shown);
  }

  function drawTimes(longest, width, floor) {
    const marks = timeMarks(tile.start, about.seconds, longest, width < 300 ? 4 : 6);
    for (const [step, label] of marks) {
      const x = xOf(step - 0.5);
      const anchor = step ? "middle" : "start";
      plot.append(
        makeSvg("line", "sd-rule", undefined, { x1: x, x2: x, y1: NAME, y2: floor }),
        makeSvg("text", "sd-tick sd-when-all", label, { x, y: floor + AXIS - 5, "text-anchor": anchor }),
      );
    }
  }

  function drawPanel(variable, top, height, [low, high]) {
    const described = about.variables[variable];
    const upper = top + NAME;
    const lower = top + height - RUG - 4;
    const yOf = (value) => {
      const y = lower - ((value - low) / (high - low)) * (lower - upper);
      return rounded(clamp(y, upper, lower));
    };
    drawValues(valueMarks(low, high, described, height > 120 ? 5 : 3), yOf);
    const { name, unit } = described;
    const title = unit ? `${name} ${unit}` : name;
    plot.append(makeSvg("text", "sd-variable", title, { x: LEFT, y: top + 11 }));
    if (series.scale) addPath("sd-band", bandPath(variable, yOf));
    if (donor) addPath("sd-donor", linePath(donor, variable, yOf));
    if (baseline && Number.isFinite(baseline[variable])) {
      const y = yOf(baseline[variable]);
      const ends = { x1: LEFT, x2: view.width - RIGHT, y1: y, y2: y };
      plot.append(makeSvg("line", "sd-level", undefined, ends));
    }
    addPath("sd-own", linePath(series, variable, yOf));
    addPath("sd-gaps", gapsPath(donor || series, variable, lower + RUG));
    return { variable, yOf, top };
  }

  function drawValues(marks, yOf) {
    let last = Infinity;
    for (const [place, label] of marks) {
      const y = yOf(place);
      if (last - y < 12) continue; // near 0 a logarithm has no room for its marks
      last = y;
      plot.append(
        makeSvg("line", "sd-rule", undefined, { x1: LEFT, x2: view.width - RIGHT, y1: y, y2: y }),
        makeSvg("text", "sd-tick", label, { x: LEFT - 6, y: y + 3.5, "text-anchor": "end" }),
      );
    }
  }

  function addPath(className, d) {
    plot.append(makeSvg("path", className, undefined, { d }));
  }

  function bandPath(variable, yOf) {
    const edge = (side) => {
      const points = [];
      for (let step = 0; step < tile.steps; step++) {
        const value = valueAt(series, step, variable) + side * halfBand(step, variable);
        points.push(`${xOf(step)} ${yOf(value)}`);
      }
      return points;
    };
    return `M${edge(1).join("L")}L${edge(-1).reverse().join("L")}Z`;
  }

  // What is missing is never joined; a lonely value is a dot.
  function linePath(one, variable, yOf) {
    let d = "";
    let joined = false;
    for (let step = 0; step < one.steps; step++) {
      const value = valueAt(one, step, variable);
      if (!Number.isFinite(value)) {
        joined = false;
        continue;
      }
      d += `${joined ? "L" : "M"}${xOf(step)} ${yOf(value)}`;
      const next = step + 1 < one.steps ? valueAt(one, step + 1, variable) : NaN;
      if (!joined && !Number.isFinite(next)) d += "h0";
      joined = true;
    }
    return d || "M0 0";
  }

  function gapsPath(one, variable, y) {
    let d = "M0 0";
    let from = null;
    for (let step = 0; step <= one.steps; step++) {
      const isMissing = step < one.steps && !Number.isFinite(valueAt(one, step, variable));
      if (isMissing) {
        from ??= step;
      } else if (from !== null) {
        d += `M${xOf(from - 0.5)} ${y}H${xOf(step - 0.5)}`;
        from = null;
      }
    }
    return d;
  }

  // A vertical line where something ends, for example the given steps; `share` of the clip.
  function mark(share, className) {
    const width = view.width - LEFT - RIGHT;
    const x = LEFT + share * (tile.steps / view.longest) * width;
    const bottom = Number(plot.getAttribute("height")) - AXIS;
    plot.append(makeSvg("line", className, undefined, { x1: x, x2: x, y1: NAME, y2: bottom }));
  }

  // Marks a step and returns its values in words; null takes the mark away.
  function point(step) {
    const group = view.cursor;
    if (!group) return "";
    group.replaceChildren();
    if (step === null || step >= tile.steps) return "";
    const x = xOf(step);
    const bottom = Number(plot.getAttribute("height")) - AXIS;
    group.append(makeSvg("line", "", undefined, { x1: x, x2: x, y1: NAME, y2: bottom }));
    const when = moment(tile.start, about.seconds, step);
    const isLeft = x < view.width / 2;
    const place = { x: isLeft ? Math.max(x, LEFT) : x, "text-anchor": isLeft ? "start" : "end" };
    group.append(makeSvg("text", "sd-when", when, { y: bottom + AXIS - 5, ...place }));
    const values = panels.map((panel) => pointPanel(group, panel, step, x));
    return `${tile.title}, ${when}: ${values.join(", ")}`;
  }

  function pointPanel(group, { variable, yOf, top }, step, x) {
    const value = valueAt(series, step, variable);
    const text = valueWords(value, step, variable);
    if (Number.isFinite(value)) {
      group.append(makeSvg("circle", "sd-at", undefined, { cx: x, cy: yOf(value), r: 3.2 }));
    }
    const place = { x: view.width - RIGHT, y: top + 11, "text-anchor": "end" };
    group.append(makeSvg("text", "sd-value", text, place));
    return `${about.variables[variable].name} ${text}`;
  }

  function valueWords(value, step, variable) {
    if (!Number.isFinite(value)) return "not measured";
    const text = (x) => threeDigits(inUnits(x, about.variables[variable]));
    if (!series.scale) return text(value);
    const half = halfBand(step, variable);
    return `${text(value)} (${text(value - half)} to ${text(value + half)})`;
  }

  function stepAt(clientX) {
    const box = plot.getBoundingClientRect();
    const share = (clientX - box.left - LEFT) / (view.width - LEFT - RIGHT);
    const step = Math.floor(share * view.longest);
    return step >= 0 && step < view.longest ? step : null;
  }

  function description(shown) {
    const means = shown.map((variable) => {
      const average = tile.averages[variable];
      const { name, unit } = about.variables[variable];
      if (average === null) return `${name} never measured`;
      return `mean ${name} ${threeDigits(average)} ${unit}`.trim();
    });
    return `${tile.title}: ${means.join(", ")}. The table below has all of them.`;
  }

  // How good a reconstruction is, or how closely a swap follows the donor of its dynamics.
  function figures(shown) {
    if (tile.errors) return errorWords(shown);
    if (!tile.correlations) return "";
    const correlation = mean(shown.map((variable) => tile.correlations[variable]));
    if (correlation === null) return "";
    return `follows ${tile.motion}: correlation ${correlation.toFixed(2)}`;
  }

  function errorWords(shown) {
    const errors = shown.map((variable) => tile.errors[variable]);
    const deviations = mean(errors.map((error) => error.deviations));
    if (deviations === null) return "nothing of this was measured";
    let error = `${deviations.toFixed(2)} standard deviations`;
    if (shown.length === 1) {
      const absolute = `${threeDigits(errors[0].mean_absolute)} ${about.variables[shown[0]].unit}`;
      error = `${absolute.trim()} (${error})`;
    }
    const inside = Math.round(100 * mean(errors.map((one) => one.inside)));
    return `mean absolute error ${error} · ${inside} % of measurements in the band`;
  }

  return view;
}
