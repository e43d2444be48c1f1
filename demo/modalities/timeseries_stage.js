// The series stage: six courses on common scales, one cursor through all of them, and a table of the same.
const root = element.querySelector(".sd-stage");
const state = { text: null, value: null, views: [], shown: [], data: "", step: null, spans: [] };
const chips = make("div", "sd-factors sd-variables", undefined, { role: "group", "aria-label": "Variables shown" });
const readout = make("p", "sd-unseen", "", { role: "status" });
root.tabIndex = 0;

const KEYS = [
  ["sd-own", "the value"], ["sd-band", ""], ["sd-donor", "measured, of whose course it has"],
  ["sd-level", "mean of whose level it has"], ["sd-gaps", "not measured"],
];
function legend(share, alone) {
  const box = make("div", "sd-key sd-look-A sd-motion-B", undefined, { "aria-hidden": "true" });
  for (const [name, words] of KEYS) {
    if (alone && !["sd-own", "sd-gaps"].includes(name)) continue;
    const item = make("span"), swatch = makeSvg("svg", "", undefined, { width: 26, height: 14 });
    swatch.append(makeSvg("path", name, undefined, { d: name === "sd-band" ? "M1 2H25V12H1Z" : name === "sd-gaps" ? "M3 10H23" : "M1 7H25" }));
    item.append(swatch, make("span", "", words || `${Math.round(100 * share)} % interval`));
    box.append(item);
  }
  return box;
}

function buildChips() {
  const { variables } = state.value;
  const chip = (words, pressed, click, title) => {
    const node = make("button", "sd-factor", words, { type: "button", title });
    if (pressed !== null) node.setAttribute("aria-pressed", String(pressed));
    node.addEventListener("click", click);
    return node;
  };
  const some = state.value.shown.length < variables.length;
  const all = state.shown.length === variables.length;
  const toggle = (c) => {
    const others = state.shown.filter((other) => other !== c);
    if (!others.length) return; // one always stays
    choose(others.length < state.shown.length ? others : [...others, c].sort((a, b) => a - b));
  };
  const focused = [...chips.children].indexOf(document.activeElement);
  chips.replaceChildren(
    ...variables.map(({ name, unit }, c) => chip(name, state.shown.includes(c), () => toggle(c), `${name}${unit ? `, ${unit}` : ""}; double-click shows it alone`)),
    ...(some ? [chip(all ? "Fewer" : "All", null, () => choose(all ? state.value.shown : variables.map((_, c) => c)), "All variables, or a few")] : []),
  );
  variables.forEach((_, c) => chips.children[c].addEventListener("dblclick", () => choose([c])));
  if (focused >= 0) chips.children[focused]?.focus();
}
function choose(shown) {
  state.shown = shown;
  buildChips();
  draw();
}

function build(value) {
  const courses = value.tiles.map((tile) => ({ x: unpacked(tile.x), scale: tile.scale && unpacked(tile.scale), steps: tile.steps }));
  const real = Object.fromEntries(value.tiles.map((tile, i) => [tile.kind === "real" ? tile.look : `${i}`, courses[i]]));
  const count = value.variables.length;
  const mean = (course, c) => {
    let sum = 0, n = 0;
    for (let i = c; i < course.x.length; i += count) if (Number.isFinite(course.x[i])) { sum += course.x[i]; n++; }
    return sum / n;
  };
  state.value = value;
  state.step = null;
  state.longest = Math.max(...value.tiles.map((tile) => tile.steps));
  state.spans = spans(value, courses);
  if (state.data !== value.checkpoint) state.shown = value.shown;
  state.data = value.checkpoint;
  state.views = value.tiles.map((tile, i) => courseView(
    tile, courses[i], tile.kind === "real" ? null : real[tile.motion],
    tile.kind === "swap" ? value.variables.map((_, c) => mean(real[tile.look], c)) : null, value));
  const alone = value.tiles.length === 1;
  const grid = make("div", `sd-grid sd-sound-grid sd-series-grid${alone ? " sd-series-alone" : ""}`);
  grid.append(...(alone ? [] : headings(value, "real")), ...state.views.map((view) => view.node));
  for (const view of state.views) {
    view.plot.addEventListener("pointermove", (event) => mark(view.stepAt(event.clientX)));
    view.plot.addEventListener("pointerdown", (event) => mark(view.stepAt(event.clientX)));
  }
  grid.addEventListener("pointerleave", () => mark(null));
  buildChips();
  const bar = make("div", "sd-series-bar");
  bar.append(chips, legend(value.share, alone));
  const logs = value.variables.filter(({ log }) => log).map(({ name }) => name);
  root.replaceChildren(bar, grid, readout);
  if (value.judge !== null) root.append(judgeNote(value.judge));
  root.append(make("p", "sd-note",
    `${alone ? "This is exactly what the model is given; nothing is filled in" : "Scales are the same in all six"}${logs.length ? `${alone ? ". Scales are" : ", and"} logarithmic for ${logs.join(", ")}` : ""}. ${alone ? "" : "A swap has no truth to be compared with: it should follow the faint line up and down, around the dashes. "}Point at a plot, or use the arrow keys, to read values off; double-click a variable to see it alone.`));
  root.append(table(value));
  draw();
}

function draw() {
  const width = Math.floor(state.views[0]?.node.clientWidth ?? 0); // asked once: every answer lays the page out anew
  for (const view of state.views) view.draw(state.shown, state.spans, state.longest, width);
  mark(state.step);
  root.dataset.shown = state.shown.length;
}
function mark(step, aloud) {
  state.step = step;
  const said = state.views.map((view) => view.point(step));
  if (aloud) readout.textContent = said.filter(Boolean).join("; ");
}
root.addEventListener("keydown", (event) => {
  if (event.target !== root || !state.views.length) return;
  const day = Math.max(1, Math.round(86400 / state.value.seconds)), wide = event.shiftKey ? Math.min(day, 24) : 1;
  const at = state.step ?? -1, last = state.longest - 1;
  const to = { ArrowRight: Math.min(last, at + wide), ArrowLeft: Math.max(0, at - wide), Home: 0, End: last, Escape: null };
  if (!(event.key in to)) return;
  mark(to[event.key], true);
  event.preventDefault();
});

// The same in words and numbers.
function table(value) {
  const box = make("details", "sd-twin");
  const holder = make("div"), node = make("table");
  const order = [...state.views].sort((p, q) => p.tile.clip - q.tile.clip).map((view) => view.tile);
  const head = make("tr"), cells = (words, tag = "td") => words.map((word) => make(tag, "", word));
  head.append(...cells(["Mean of each clip", ...order.map((tile) => tile.title), ...order.filter((t) => t.errors).map((t) => `Mean error, ${t.title}`)], "th"));
  const body = make("tbody"), short = (v) => (v === null ? "–" : figure(v));
  value.variables.forEach(({ name, unit }, c) => {
    const row = make("tr");
    row.append(make("th", "", unit ? `${name}, ${unit}` : name, { scope: "row" }), ...cells([
      ...order.map((tile) => short(tile.averages[c])), ...order.filter((t) => t.errors).map((t) => short(t.errors[c].mean_absolute)),
    ]));
    body.append(row);
  });
  const top = make("thead");
  top.append(head);
  node.append(top, body);
  holder.append(node);
  box.append(make("summary", "", "The same as a table"), holder);
  return box;
}

const update = () => receive(build, () => {});
watch("value", update);
update();
let width = 0;
new ResizeObserver(() => {
  if (root.clientWidth === width) return;
  width = root.clientWidth;
  draw();
}).observe(root);
