// Verdicts, the heat map of one report or two, and their differences.
import { make } from "../../web/dom.js";
import { anchorTable } from "./anchors.js";
import { figureCard } from "./card.js";
import { CODES, LEVELS, PROBES, details, figuresOf, heatGrid, readingOf } from "./heatmap.js";
import { verdictList } from "./verdicts.js";

const SWITCHES = [
  [
    "measure",
    "Show",
    [
      ["bits", "bits"],
      ["score", "accuracy"],
    ],
  ],
  [
    "probe",
    "Probe",
    [
      ["best", "strongest (chosen on validation data)"],
      ...Object.entries(PROBES),
    ],
  ],
  [
    "reading",
    "Code",
    [
      ["mean", "posterior mean"],
      ["sample", "posterior sample"],
    ],
  ],
  [
    "dynamic",
    "Dynamic code as",
    [
      ["strongest", "strongest view"],
      ["sequence", "a sequence"],
      ["mean", "its time mean"],
      ["step", "its strongest step"],
    ],
  ],
];
const COMPARISON_NOTE =
  "Every test sequence is compared with itself; each report by its strongest view and probe of posterior means.";
const NARROW = 760;
const SLIM = 500;

function signed(value) {
  return `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(2)}`;
}

function differenceWords([, low, high], isExpected) {
  const verb = isExpected ? "contains" : "leaks";
  if (low > 0) return `▲ ${verb} more`;
  if (high < 0) return `▼ ${verb} less`;
  return "≈ no clear difference";
}

function addTileName(tile, factor) {
  tile.append(make("span", "sd-tile-name", factor.name));
}

function valueBar({ bar, mark }) {
  const node = make("span", "sd-bar", undefined, { "aria-hidden": "true" });
  const fill = make("span", "sd-bar-fill");
  const range = make("span", "sd-bar-range");
  const [value, low, high] = bar;
  fill.style.width = `${100 * value}%`;
  range.style.left = `${100 * low}%`;
  range.style.width = `${100 * Math.max(0, high - low)}%`;
  node.append(fill, range);
  if (mark) {
    const line = make("span", "sd-bar-mark");
    line.style.left = `${100 * mark}%`;
    node.append(line);
  }
  return node;
}

export function mount({ element, props, watch }) {
  const root = element.querySelector(".sd-leakage");
  const view = { measure: "bits", probe: "best", reading: "mean", dynamic: "strongest" };
  const state = { text: null, message: null };
  const verdicts = make("div", "sd-verdicts");
  const switches = make("div", "sd-switches", undefined, {
    role: "group",
    "aria-label": "What the heat map shows",
  });
  const heats = make("div", "sd-heats");
  const difference = make("div", "sd-difference");
  const anchors = make("div", "sd-anchor-tables");
  const how = make("div", "sd-how-measured");
  for (const options of SWITCHES) switches.append(switchOf(...options));
  root.append(verdicts, switches, heats, difference, anchors, how);
  const card = figureCard(root);

  // A style sheet cannot ask how wide a box is: gradio drops container queries.
  const widths = new ResizeObserver((boxes) => {
    for (const { target, contentRect } of boxes) {
      target.classList.toggle("sd-narrow", contentRect.width < NARROW);
      target.classList.toggle("sd-slim", contentRect.width < SLIM);
    }
  });

  function switchOf(name, title, options) {
    const set = make("fieldset", "sd-switch");
    set.append(make("legend", "", title));
    for (const [value, text] of options) {
      const label = make("label");
      const radio = make("input", "", undefined, { type: "radio", name: `${root.dataset.name}-${name}`, value });
      radio.checked = view[name] === value;
      radio.addEventListener("change", () => {
        view[name] = value;
        paintHeats();
      });
      label.append(radio, make("span", "", text));
      set.append(label);
    }
    return set;
  }

  // JSON text, because the page would watch every number of a nested value.
  function received() {
    if (props.value !== state.text) {
      state.text = props.value;
      state.message = props.value ? JSON.parse(props.value) : null;
    }
    return state.message;
  }

  // The marks of the verdicts belong to the headline figures only.
  function isHeadline() {
    return view.probe === "best" && view.reading === "mean" && view.dynamic === "strongest";
  }

  function heatMap(report) {
    const label = `${report.title}: information about each factor in each code`;
    return heatGrid(report, label, (factor, code, isExpected) => {
      const tile = make("div", "sd-heat-tile", undefined, { "data-code": code, "data-factor": factor.name });
      addTileName(tile, factor);
      const figures = factor.not_measurable ? null : figuresOf(report, factor, code, view);
      if (figures) fillTile(tile, report, { factor, code, isExpected, figures });
      else fillUnmeasured(tile, factor, code);
      return tile;
    });
  }

  function fillUnmeasured(tile, factor, code) {
    const why = factor.not_measurable || "not part of this smaller sample";
    const title = `${factor.name} in the ${code} code`;
    tile.classList.add("sd-unmeasured");
    tile.append(make("span", "sd-none", factor.not_measurable ? "not measurable" : "not measured"));
    tile.setAttribute("aria-label", `${title}: ${why}`);
    card.explain(tile, title, [["not measured", why]]);
  }

  function fillTile(tile, report, { factor, code, isExpected, figures }) {
    const reading = readingOf(factor, figures, view.measure);
    const verdict = report.verdicts.find((one) => one.code === code && one.factor === factor.name);
    const level = isHeadline() ? verdict?.level : undefined;
    tile.style.setProperty("--share", reading.share);
    tile.classList.toggle("sd-strong", reading.share > 0.66);
    tile.dataset.value = reading.value;
    const big = make("span", "sd-big");
    if (level) {
      tile.dataset.level = level;
      big.append(make("span", "sd-glyph", LEVELS[level][0], { "aria-hidden": "true" }));
    }
    big.append(make("span", "", reading.big));
    const small = make("span", "sd-small", `${reading.small} `);
    small.append(make("span", "sd-unit", reading.unit));
    tile.append(big, small, valueBar(reading));
    const rows = details(factor, figures);
    const title = `${factor.name} in the ${code} code, ${isExpected ? "expected here" : "a leak if it is there"}`;
    const parts = rows.map(([what, figure]) => `${what} ${figure}`);
    if (level) parts.unshift(LEVELS[level][1]);
    tile.setAttribute("aria-label", `${title}: ${parts.join("; ")}`);
    card.explain(tile, title, rows);
  }

  function paintHeats() {
    const message = received();
    card.dismiss();
    widths.disconnect();
    heats.replaceChildren();
    difference.replaceChildren();
    if (!message) return;
    allowSamples(message);
    heats.classList.toggle("sd-two", message.reports.length > 1);
    for (const report of message.reports) {
      const box = make("section", "sd-heat-box", undefined, { "aria-label": `Heat map of ${report.title}` });
      const title = make("h3", "", report.title);
      if (report.live) title.append(make("span", "sd-badge", "smaller sample"));
      box.append(title);
      // Two checkpoints of other budgets or weights must not look alike.
      if (message.reports.length > 1 && report.settings) box.append(make("p", "sd-note", report.settings));
      box.append(heatMap(report));
      heats.append(box);
    }
    heats.append(legend());
    if (message.reports.length > 1) paintDifference(message);
    for (const box of root.querySelectorAll(".sd-heat-box")) widths.observe(box);
    root.dataset.view = Object.values(view).join(" ");
  }

  function allowSamples(message) {
    const hasSamples = message.reports.some((report) => report.cells.some((cell) => cell.reading === "sample"));
    const radio = switches.querySelector('input[value="sample"]');
    radio.disabled = !hasSamples;
    radio.parentNode.title = hasSamples ? "" : "Posterior samples are not part of the smaller sample";
  }

  function ramp(kind, text) {
    const item = make("span", "sd-key");
    const strip = make("span", `sd-ramp sd-${kind}-target`);
    for (const share of [0, 0.25, 0.5, 0.75, 1]) {
      const step = make("span", "sd-heat-tile");
      step.style.setProperty("--share", share);
      strip.append(step);
    }
    item.append(strip, make("span", "", text));
    return item;
  }

  function legend() {
    const box = make("p", "sd-legend");
    const shares = {
      bits: "share of the factor's entropy (R² of a continuous one)",
      score: "from chance to always right",
    };
    const key = `Colour: ${shares[view.measure]}. Bar: value and 95 % interval.`;
    box.append(
      ramp("on", "expected here: full is good"),
      ramp("off", "leak: empty is good"),
      make("span", "sd-key", key),
    );
    return box;
  }

  function paintDifference(message) {
    const [first, second] = message.reports;
    const box = make("section", "sd-heat-box", undefined, { "aria-label": "Paired difference" });
    box.append(make("h3", "", `Difference in bits: ${first.title} minus ${second.title}`));
    if (message.why) {
      box.append(make("p", "sd-note", message.why));
    } else {
      const label = "Paired difference in bits with its 95 % interval";
      const tile = (factor, code, isExpected) => differenceTile(message, factor, code, isExpected);
      box.append(heatGrid(first, label, tile), make("p", "sd-note", COMPARISON_NOTE));
    }
    difference.append(box);
  }

  function differenceTile(message, factor, code, isExpected) {
    const attributes = { "data-code": code, "data-factor": factor.name };
    const tile = make("div", "sd-heat-tile sd-difference-tile", undefined, attributes);
    const found = message.differences.find((one) => one.code === code && one.factor === factor.name);
    addTileName(tile, factor);
    if (!found) {
      tile.classList.add("sd-unmeasured");
      tile.append(make("span", "sd-none", "not measurable"));
      return tile;
    }
    const [middle, low, high] = found.bits;
    const text = differenceWords(found.bits, isExpected);
    tile.classList.toggle("sd-clear", low > 0 || high < 0);
    tile.append(
      make("span", "sd-big", signed(middle)),
      make("span", "sd-small", `[${signed(low)}, ${signed(high)}]`),
      make("span", "sd-small", text),
    );
    const interval = `95 % interval ${signed(low)} to ${signed(high)}`;
    const label = `${factor.name} in the ${code} code: ${signed(middle)} bits, ${interval}; ${text.slice(2)}`;
    tile.setAttribute("aria-label", label);
    return tile;
  }

  function paintVerdicts([first, second]) {
    for (const code of CODES) verdicts.append(verdictList(first, code));
    if (!second) return;
    const more = make("details", "sd-second");
    const pair = make("div", "sd-verdicts");
    for (const code of CODES) pair.append(verdictList(second, code));
    more.append(make("summary", "", `Verdict on ${second.title}`), pair);
    verdicts.append(more);
  }

  function paintHow(reports) {
    for (const report of reports) {
      const box = make("div");
      if (reports.length > 1) box.append(make("strong", "", report.title));
      for (const line of report.how) box.append(make("p", "", line));
      how.append(box);
    }
  }

  function paint() {
    const message = received();
    root.hidden = !message;
    verdicts.replaceChildren();
    anchors.replaceChildren();
    how.replaceChildren();
    if (message) {
      paintVerdicts(message.reports);
      for (const report of message.reports) if (report.anchors) anchors.append(anchorTable(report));
      paintHow(message.reports);
      root.dataset.key = message.key.join(" ");
    }
    paintHeats();
  }

  watch("value", paint);
  paint();
}
