// The heat map of one report: a row a code, its four cells framed.
import { clamp, make } from "../../web/dom.js";

export const LEVELS = {
  leak: ["▲", "leaks"],
  trace: ["△", "small leak"],
  missing: ["✗", "lost"],
  part: ["◐", "partly kept"],
  clean: ["○", "no leak found"],
  holds: ["✓", "kept"],
  unmeasurable: ["–", "not measurable"],
};
export const CODES = ["static", "dynamic"];
export const PROBES = { linear: "linear", mlp: "perceptron", trees: "trees", neighbours: "nearest neighbours" };
const WRAPPED = 12; // more factors than these have tiles that wrap
const NARROW_COLUMNS = 4;

function number(value, digits = 2) {
  return value === null || value === undefined ? "–" : value.toFixed(digits);
}

function percent(value) {
  return value === null || value === undefined ? "–" : `${(100 * value).toFixed(1)} %`;
}

function share(value) {
  return clamp(value || 0, 0, 1);
}

// The figures behind a tile, or null where there are none.
export function figuresOf(report, factor, code, view) {
  const shown = code === "dynamic" ? view.dynamic : "strongest";
  const cell = report.cells.find((one) => {
    const isSame = one.code === code && one.factor === factor.name && one.reading === view.reading;
    return isSame && (shown === "strongest" ? one.strongest : one.view === shown);
  });
  if (!cell) return null;
  const probe = view.probe === "best" ? cell.chosen : view.probe;
  if (!cell.probes[probe]) return null;
  return { probe, isChosen: probe === cell.chosen, seen: cell.seen, ...cell.probes[probe] };
}

// What a tile shows: value and interval of the measure, and their share of the maximum.
export function readingOf(factor, figures, measure) {
  return measure === "bits" ? bitsReading(factor, figures) : scoreReading(factor, figures);
}

function bitsReading(factor, figures) {
  const entropy = factor.entropy_bits;
  // A continuous factor has no entropy to be a share of: R² is shown in its place.
  const shares = entropy ? figures.bits.map((bits) => bits / entropy) : figures.score;
  return {
    big: number(figures.bits[0]),
    small: entropy ? `of ${number(entropy)}` : "",
    unit: "bits",
    share: share(shares[0]),
    bar: shares.map(share),
    value: figures.bits[0],
  };
}

function scoreReading(factor, figures) {
  const bar = figures.score.map(share);
  const value = figures.score[0];
  if (factor.continuous) {
    return { big: number(value), small: "R²", unit: "", share: share(value), bar, mark: null, value };
  }
  const chance = Math.max(factor.chance ?? 0, factor.majority ?? 0);
  return {
    big: percent(value),
    small: percent(factor.chance),
    unit: "by chance",
    share: share((value - chance) / (1 - chance)),
    bar,
    mark: chance || null,
    value,
  };
}

function pWords(p) {
  if (p === null) return "–";
  return p <= 0.001 ? "≤ 0.001" : number(p, 3);
}

// Everything known of a tile, for the card and for screen readers: [what, figure] each.
export function details(factor, figures) {
  const score = factor.continuous ? number : percent;
  const scoreName = factor.continuous ? "R²" : "accuracy";
  const range = ([value, low, high], show) => `${show(value)} [${show(low)}, ${show(high)}]`;
  const rows = [
    ["bits, 95 % interval", range(figures.bits, number)],
    ["bits, chance level (shuffled labels)", number(figures.null_bits)],
    [`${scoreName}, 95 % interval`, range(figures.score, score)],
    [`${scoreName}, chance level (shuffled labels)`, score(figures.null_score)],
  ];
  if (!factor.continuous) {
    rows.push(["chance", percent(factor.chance)], ["majority", percent(factor.majority)]);
    rows.push(["maximum (entropy)", `${number(factor.entropy_bits)} bits`]);
    rows.push(["bits as a share of it", percent(figures.bits[0] / factor.entropy_bits)]);
  }
  rows.push(["p of the permutation test", pWords(figures.p)]);
  rows.push(["probe", figures.isChosen ? figures.seen : PROBES[figures.probe]]);
  return rows;
}

// A grid: `tile(factor, code, isExpected)` makes what is in it. Arrow keys move from tile to tile.
export function heatGrid({ factors, about }, label, tile) {
  const root = make("div", "sd-heat", undefined, { role: "grid", "aria-label": label });
  const groups = {};
  for (const kind of CODES) {
    const those = factors.filter((factor) => factor.kind === kind);
    if (those.length) groups[kind] = those;
  }
  const columns = Object.values(groups).map((those) => `${those.length}fr`);
  root.classList.toggle("sd-many", factors.length > WRAPPED);
  root.style.setProperty("--columns", columns.join(" "));
  const rows = CODES.map((code) => addRow(root, code, about[code], groups, tile));
  addKeys(root, rows);
  return root;
}

function addRow(root, code, question, groups, tile) {
  const row = make("div", "sd-heat-row", undefined, { role: "row" });
  const head = make("div", "sd-heat-code", undefined, { role: "rowheader" });
  const frames = make("div", "sd-frames", undefined, { role: "presentation" });
  const tiles = [];
  head.append(make("strong", "", `${code} code`), make("span", "", question));
  for (const [kind, factors] of Object.entries(groups)) {
    const isExpected = kind === code;
    const nodes = factors.map((factor) => tile(factor, code, isExpected));
    for (const node of nodes) {
      node.setAttribute("role", "gridcell");
      node.tabIndex = -1;
    }
    tiles.push(...nodes);
    frames.append(frame(kind, isExpected, nodes));
  }
  row.append(head, frames);
  root.append(row);
  return tiles;
}

function frame(kind, isExpected, nodes) {
  const className = `sd-frame sd-${isExpected ? "on" : "off"}-target`;
  const node = make("div", className, undefined, { role: "presentation" });
  const cells = make("div", "sd-tiles", undefined, { role: "presentation" });
  const goal = isExpected ? "should be full" : "should be empty";
  cells.style.setProperty("--count", nodes.length);
  cells.style.setProperty("--few", Math.min(NARROW_COLUMNS, nodes.length));
  cells.append(...nodes);
  node.append(make("p", "sd-frame-title", `${kind} factors · ${goal}`), cells);
  return node;
}

function addKeys(root, rows) {
  if (rows[0][0]) rows[0][0].tabIndex = 0;
  root.addEventListener("keydown", (event) => {
    const y = rows.findIndex((tiles) => tiles.includes(event.target));
    if (y < 0) return;
    const x = rows[y].indexOf(event.target);
    const moves = {
      ArrowRight: [y, x + 1],
      ArrowLeft: [y, x - 1],
      ArrowUp: [y - 1, x],
      ArrowDown: [y + 1, x],
      Home: [y, 0],
      End: [y, rows[y].length - 1],
    };
    const move = moves[event.key];
    if (!move) return;
    event.preventDefault();
    const next = rows[move[0]]?.[move[1]];
    if (!next) return;
    event.target.tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
  });
}
