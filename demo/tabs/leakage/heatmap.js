// Put before leakage.js: the heat map of one report, a row a code, its four cells framed.
const LEVELS = {
  leak: ["▲", "leaks"], trace: ["△", "a trace leaks"], missing: ["✗", "missing"], part: ["◐", "in part"],
  clean: ["○", "none found"], holds: ["✓", "held"], unmeasurable: ["–", "not measurable"],
};
const CODES = ["static", "dynamic"];
const PROBES = { linear: "linear", nonlinear: "non-linear" };
const number = (value, digits = 2) => (value === null || value === undefined ? "–" : value.toFixed(digits));
const percent = (value) => (value === null || value === undefined ? "–" : `${(100 * value).toFixed(1)} %`);

// The figures behind a tile, or null where there are none.
function figuresOf(report, factor, code, view) {
  const seen = code === "dynamic" ? view.dynamic : "static";
  const cell = report.cells.find((c) =>
    c.code === code && c.factor === factor.name && c.view === seen && c.reading === view.reading);
  if (!cell) return null;
  const probe = view.probe === "best" ? cell.chosen : view.probe;
  return { probe, ...cell[probe] };
}

// What a tile says: value and interval of what is asked for, and their share of what there is to know.
function reading(factor, figures, measure) {
  const score = factor.continuous ? number : percent;
  const base = factor.continuous ? 0 : Math.max(factor.chance ?? 0, factor.majority ?? 0);
  const clip = (x) => Math.min(1, Math.max(0, x || 0));
  if (measure === "bits") {
    const whole = factor.entropy_bits;
    // A continuous factor has no entropy to be a share of: R² stands in.
    const from = whole ? figures.bits.map((b) => b / whole) : figures.score;
    return {
      big: number(figures.bits[0]), small: whole ? `of ${number(whole)}` : "", unit: "bits",
      share: clip(from[0]), bar: from.map(clip), value: figures.bits[0],
    };
  }
  return {
    big: score(figures.score[0]), small: factor.continuous ? "R²" : percent(factor.chance),
    unit: factor.continuous ? "" : "by chance",
    share: clip((figures.score[0] - base) / (1 - base)), bar: figures.score.map(clip), mark: base || null,
    value: figures.score[0],
  };
}

// Everything known of a tile, for the card and for those who hear the page: [what, figure] each.
function details(factor, figures) {
  const range = (triple, show) => `${show(triple[0])} [${show(triple[1])}, ${show(triple[2])}]`;
  const score = factor.continuous ? number : percent;
  const rows = [
    ["bits, 95 % interval", range(figures.bits, number)],
    ["bits after shuffled labels", number(figures.null_bits)],
    [factor.continuous ? "R², 95 % interval" : "accuracy, 95 % interval", range(figures.score, score)],
    ["the same after shuffled labels", score(figures.null_score)],
  ];
  if (!factor.continuous) {
    rows.push(["chance", percent(factor.chance)], ["majority", percent(factor.majority)]);
    rows.push(["entropy", `${number(factor.entropy_bits)} bits`]);
    rows.push(["bits as a share of it", percent(figures.bits[0] / factor.entropy_bits)]);
  }
  rows.push(["p of the permutation test", figures.p === null ? "–" : figures.p <= 0.001 ? "≤ 0.001" : number(figures.p, 3)]);
  rows.push(["probe", PROBES[figures.probe]]);
  return rows;
}

// A grid: `tile(factor, code)` makes what is in it. Arrow keys walk from tile to tile.
function grid({ factors, about }, label, tile) {
  const root = make("div", "sd-heat", undefined, { role: "grid", "aria-label": label });
  const kinds = CODES.filter((kind) => factors.some((f) => f.kind === kind));
  root.classList.toggle("sd-many", factors.length > 12); // tiles then wrap
  root.style.setProperty("--columns", kinds.map((k) => `${factors.filter((f) => f.kind === k).length}fr`).join(" "));
  const lines = CODES.map((code) => {
    const row = make("div", "sd-heat-row", undefined, { role: "row" });
    const head = make("div", "sd-heat-code", undefined, { role: "rowheader" });
    head.append(make("strong", "", `${code} code`), make("span", "", about[code]));
    const tiles = [];
    const frames = make("div", "sd-frames", undefined, { role: "presentation" });
    for (const kind of kinds) {
      const mine = factors.filter((f) => f.kind === kind);
      const wanted = kind === code;
      const frame = make("div", `sd-frame sd-${wanted ? "on" : "off"}-target`, undefined, { role: "presentation" });
      frame.append(make("p", "sd-frame-title", wanted ? `${kind} factors · should be full` : `${kind} factors · should be empty`));
      const cells = make("div", "sd-tiles", undefined, { role: "presentation" });
      cells.style.setProperty("--count", mine.length);
      cells.style.setProperty("--few", Math.min(4, mine.length)); // columns where there is little room
      for (const factor of mine) {
        const node = tile(factor, code, wanted);
        node.setAttribute("role", "gridcell");
        node.tabIndex = -1;
        tiles.push(node);
        cells.append(node);
      }
      frame.append(cells);
      frames.append(frame);
    }
    row.append(head, frames);
    root.append(row);
    return tiles;
  });
  if (lines[0][0]) lines[0][0].tabIndex = 0;
  root.addEventListener("keydown", (event) => {
    const y = lines.findIndex((tiles) => tiles.includes(event.target));
    if (y < 0) return;
    const x = lines[y].indexOf(event.target);
    const to = {
      ArrowRight: [y, x + 1], ArrowLeft: [y, x - 1], ArrowUp: [y - 1, x], ArrowDown: [y + 1, x],
      Home: [y, 0], End: [y, lines[y].length - 1],
    }[event.key];
    if (!to) return;
    event.preventDefault();
    const next = lines[to[0]]?.[to[1]];
    if (!next) return;
    event.target.tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
  });
  return root;
}

