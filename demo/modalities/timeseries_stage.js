// The stage of time series: six clips on common scales, one cursor through all of them, and a table of the same.
import { clamp, make, makeButton, makeSvg } from "../web/dom.js";
import { judgeNote } from "../web/judge.js";
import { onWidth } from "../web/theme.js";
import { headings, receiver } from "./stage.js";
import { seriesOf, threeDigits } from "./timeseries_axes.js";
import { axisEnds, seriesView } from "./timeseries_plot.js";

const DAY_SECONDS = 86400;
const SWATCHES = { "sd-band": "M1 2H25V12H1Z", "sd-gaps": "M3 10H23" };
const LINE = "M1 7H25";

// The mean of a variable over the steps at which it was measured.
function meanOf(series, variable, count) {
  let sum = 0;
  let n = 0;
  for (let i = variable; i < series.x.length; i += count) {
    if (!Number.isFinite(series.x[i])) continue;
    sum += series.x[i];
    n++;
  }
  return sum / n;
}

function legend(share, isAlone) {
  const own = { "sd-own": "the value" };
  const gaps = { "sd-gaps": "not measured" };
  const others = {
    "sd-band": `${Math.round(100 * share)} % interval`,
    "sd-donor": "measured, the donor of the dynamics",
    "sd-level": "mean of the donor of the baseline",
  };
  const keys = isAlone ? { ...own, ...gaps } : { ...own, ...others, ...gaps };
  const box = make("div", "sd-key sd-look-A sd-motion-B", undefined, { "aria-hidden": "true" });
  for (const [className, text] of Object.entries(keys)) {
    const item = make("span");
    const swatch = makeSvg("svg", "", undefined, { width: 26, height: 14 });
    swatch.append(makeSvg("path", className, undefined, { d: SWATCHES[className] || LINE }));
    item.append(swatch, make("span", "", text));
    box.append(item);
  }
  return box;
}

function explanation(message, isAlone) {
  const logs = message.variables.filter(({ log }) => log).map(({ name }) => name);
  const sentences = [];
  if (isAlone) {
    sentences.push("This is exactly what the model is given; nothing is filled in.");
  } else {
    sentences.push("Scales are the same in all six.");
  }
  if (logs.length) sentences.push(`They are logarithmic for ${logs.join(", ")}.`);
  if (!isAlone) {
    sentences.push(
      "No ground truth exists for a swap: it should follow the thin line up and down, around the dashed baseline.",
    );
  }
  sentences.push(
    "Point at a plot, or use the arrow keys, to read values off; double-click a variable to see it alone.",
  );
  return sentences.join(" ");
}

// The same in numbers.
function table(message) {
  const tiles = [...message.tiles].sort((p, q) => p.clip - q.clip);
  const withErrors = tiles.filter((tile) => tile.errors);
  const short = (value) => (value === null ? "–" : threeDigits(value));
  const head = make("tr");
  head.append(make("th", "", "Mean of each clip"));
  for (const tile of tiles) head.append(make("th", "", tile.title));
  for (const tile of withErrors) head.append(make("th", "", `Mean error, ${tile.title}`));
  const body = make("tbody");
  message.variables.forEach(({ name, unit }, variable) => {
    const row = make("tr");
    row.append(make("th", "", unit ? `${name}, ${unit}` : name, { scope: "row" }));
    for (const tile of tiles) row.append(make("td", "", short(tile.averages[variable])));
    for (const tile of withErrors) row.append(make("td", "", short(tile.errors[variable].mean_absolute)));
    body.append(row);
  });
  const top = make("thead");
  top.append(head);
  const node = make("table");
  node.append(top, body);
  const holder = make("div");
  holder.append(node);
  const box = make("details", "sd-twin");
  box.append(make("summary", "", "The same as a table"), holder);
  return box;
}

export function mount({ element, props, watch }) {
  const root = element.querySelector(".sd-stage");
  const state = { message: null, views: [], shown: [], checkpoint: "", step: null, axes: [], longest: 0 };
  const chips = make("div", "sd-factors sd-variables", undefined, {
    role: "group",
    "aria-label": "Variables shown",
  });
  const readout = make("p", "sd-unseen", "", { role: "status" });
  root.classList.add("sd-series");
  root.tabIndex = 0;

  function chip(text, title, onClick, isPressed) {
    const node = makeButton("sd-factor", text, onClick, { title });
    if (isPressed !== undefined) node.setAttribute("aria-pressed", String(isPressed));
    return node;
  }

  function variableChip({ name, unit }, variable) {
    const title = `${unit ? `${name}, ${unit}` : name}; double-click shows it alone`;
    const node = chip(name, title, () => toggle(variable), state.shown.includes(variable));
    node.addEventListener("dblclick", () => choose([variable]));
    return node;
  }

  function buildChips() {
    const { variables, shown } = state.message;
    const focused = [...chips.children].indexOf(document.activeElement);
    chips.replaceChildren(...variables.map(variableChip));
    if (shown.length < variables.length) {
      const isFull = state.shown.length === variables.length;
      const next = isFull ? shown : [...variables.keys()];
      chips.append(chip(isFull ? "Fewer" : "All", "All variables, or a few", () => choose(next)));
    }
    if (focused >= 0) chips.children[focused]?.focus();
  }

  function toggle(variable) {
    const others = state.shown.filter((other) => other !== variable);
    if (!others.length) return; // one always stays
    const isShown = others.length < state.shown.length;
    choose(isShown ? others : [...others, variable].sort((a, b) => a - b));
  }

  function choose(shown) {
    state.shown = shown;
    buildChips();
    draw();
  }

  function build(message) {
    const clips = message.tiles.map(seriesOf);
    const measured = {};
    message.tiles.forEach((tile, i) => {
      if (tile.kind === "real") measured[tile.look] = clips[i];
    });
    state.message = message;
    state.step = null;
    state.longest = Math.max(...message.tiles.map((tile) => tile.steps));
    state.axes = axisEnds(message, clips);
    if (state.checkpoint !== message.checkpoint) state.shown = message.shown;
    state.checkpoint = message.checkpoint;
    state.views = message.tiles.map((tile, i) => tileView(tile, clips[i], measured, message));
    const isAlone = message.tiles.length === 1;
    const grid = make("div", "sd-grid sd-sound-grid sd-series-grid");
    grid.classList.toggle("sd-series-alone", isAlone);
    if (!isAlone) grid.append(...headings(message.motion));
    for (const view of state.views) grid.append(view.node);
    grid.addEventListener("pointerleave", () => mark(null));
    buildChips();
    const bar = make("div", "sd-series-bar");
    bar.append(chips, legend(message.share, isAlone));
    root.replaceChildren(bar, grid, readout);
    if (message.judge !== null) root.append(judgeNote(message.judge));
    root.append(make("p", "sd-note", explanation(message, isAlone)), table(message));
    draw();
  }

  function tileView(tile, series, measured, message) {
    const donor = tile.kind === "real" ? null : measured[tile.motion];
    let baseline = null;
    if (tile.kind === "swap") {
      const count = message.variables.length;
      baseline = message.variables.map((_, variable) => meanOf(measured[tile.look], variable, count));
    }
    const view = seriesView(tile, series, donor, baseline, message);
    view.plot.addEventListener("pointermove", (event) => mark(view.stepAt(event.clientX)));
    view.plot.addEventListener("pointerdown", (event) => mark(view.stepAt(event.clientX)));
    return view;
  }

  function draw() {
    // Asked once: every answer lays the page out anew.
    const width = Math.floor(state.views[0]?.node.clientWidth ?? 0);
    for (const view of state.views) view.draw(state.shown, state.axes, state.longest, width);
    mark(state.step);
    root.dataset.shown = state.shown.length;
  }

  function mark(step) {
    state.step = step;
    return state.views.map((view) => view.point(step)).filter(Boolean);
  }

  function onKey(event) {
    if (event.target !== root || !state.views.length) return;
    const day = Math.max(1, Math.round(DAY_SECONDS / state.message.seconds));
    const wide = event.shiftKey ? Math.min(day, 24) : 1;
    const at = state.step ?? -1;
    const last = state.longest - 1;
    const moves = {
      ArrowRight: clamp(at + wide, 0, last),
      ArrowLeft: clamp(at - wide, 0, last),
      Home: 0,
      End: last,
      Escape: null,
    };
    if (!(event.key in moves)) return;
    readout.textContent = mark(moves[event.key]).join("; ");
    event.preventDefault();
  }

  function clear() {
    Object.assign(state, { message: null, views: [] });
  }

  root.addEventListener("keydown", onKey);
  receiver({ root, props, watch }, build, clear);
  onWidth(root, draw);
}
