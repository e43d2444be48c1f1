// The Generate tab: what is asked, what came of it in step, and what can be done with it.
const root = element.querySelector(".sd-generate");
const state = { text: null, pair: null, value: null, sheet: null, views: [], chosen: 0, asking: false, again: null, mode: null };
const asking = wishForm(() => ask());
const alert = make("p", "sd-refused", "", { role: "alert" });
const body = make("div", "sd-gen"), side = make("div", "sd-gen-side"), main = make("div", "sd-gen-main");
const pair = make("div", "sd-gen-pair"), grid = make("div", "sd-vars"), notes = make("div", "sd-gen-notes");
const random = make("button", "sd-more", "Random pair", { type: "button" });
const one = make("section", "sd-one", undefined, { "aria-label": "The chosen one" });
const play = player(main, show);
const stage = make("div", "sd-one-stage"), said = make("p", "sd-one-said", "", { role: "status" });
const walk = make("label", "sd-walk"), slider = make("input", "", undefined, { type: "range", min: 0, step: 1, "aria-label": "From A to B" });
walk.append(make("span", "sd-dot sd-dot-a", "A"), slider, make("span", "sd-dot sd-dot-b", "B"));
const uses = make("div", "sd-uses"), saves = make("div", "sd-saves");
one.append(stage, walk, said, uses, saves);
side.append(pair, random, asking.node);
main.append(grid, play.bar, notes);
body.append(side, main, one);
alert.hidden = true;
root.append(asking.modes, alert, body);

// One question at a time: of a slider that is dragged the last position counts. `server.answer` is
// demo.made_payloads.answer.
async function ask(wish) {
  if (!state.pair) return;
  if (state.asking) { state.again = wish || asking.wish(); return; }
  const began = performance.now();
  state.asking = true;
  root.setAttribute("aria-busy", "true");
  try {
    await take(await server.answer(JSON.stringify({ ...state.pair, wish: wish || asking.wish() })));
    requestAnimationFrame(() => { root.dataset.took = (performance.now() - began).toFixed(0); });
  } catch {
    refuse("No answer came. Is the app still running? Try once more.");
  }
  state.asking = false;
  root.removeAttribute("aria-busy");
  const { again } = state;
  state.again = null;
  if (again) ask(again);
}
function refuse(words) {
  alert.hidden = !words;
  alert.textContent = words;
}
async function take(value) {
  refuse(value.refused || "");
  if (value.refused) {
    if (!state.value) state.again ??= { mode: "roll" }; // a link may ask for what cannot be
    return;
  }
  let sheet = null;
  if (value.sheet) {
    sheet = new Image();
    sheet.src = value.sheet;
    await sheet.decode();
  }
  Object.assign(state, { value, sheet });
  build();
  link(value);
}

random.addEventListener("click", () => trigger("random", {}));
for (const [to, words, title] of [
  ["A", "Use as A", "Make it the first of the pair, and see the swap"], ["B", "Use as B", "Make it the second of the pair, and see the swap"],
  ["maps", "Show on maps", "Make it the first of the pair, and see where its codes lie"],
]) {
  const button = make("button", `sd-more sd-use-${to}`, words, { type: "button", title });
  button.addEventListener("click", () => trigger("take", { wish: JSON.stringify(state.value.wish), number: state.chosen, to }));
  uses.append(button);
}
slider.addEventListener("input", () => choose(Number(slider.value)));

function saving(formats) {
  const row = (words, number) => {
    const line = make("div", "sd-save-row");
    line.append(make("span", "sd-caption", words));
    for (const format of formats) {
      const button = make("button", "sd-more", format.toUpperCase(), { type: "button", "aria-label": `Download ${words.toLowerCase()} as ${format.toUpperCase()}` });
      button.addEventListener("click", () => trigger("save", { wish: JSON.stringify(state.value.wish), number: number(), format }));
      line.append(button);
    }
    return line;
  };
  saves.replaceChildren(row("This one", () => state.chosen), row("All of them", () => null));
}

// Which of the tiles are in the grid; the slider has stops between those.
function shown(value) {
  const made = value.tiles.filter((tile) => tile.number !== null), { mode } = value.wish;
  const some = mode === "interpolate" && made.length > 9 ? made.filter((tile) => tile.number % 2 === 0) : made;
  const [a, b] = value.tiles, picture = value.modality === "video";
  const real = mode === "partial" || (!picture && mode === "interpolate") ? [a, b] : mode === "continue" || !picture ? [a] : [];
  return [...real, ...(mode === "partial" ? [some[2], some[0], some[1]] : some)];
}

function build() {
  const { value } = state, focused = Number(document.activeElement?.dataset?.number ?? -1);
  const inGrid = grid.contains(document.activeElement), picture = value.modality === "video";
  for (const view of state.views) view.stop();
  const tiles = shown(value);
  state.views = picture ? tiles.map((tile) => pictureTile(tile, value, state.sheet, tile.number === null ? null : choose))
    : value.modality === "speech" ? soundTiles(tiles, value, root, choose) : courseTiles(tiles, value, choose);
  grid.className = `sd-vars sd-vars-${value.wish.mode} sd-vars-${value.modality}`;
  body.classList.toggle("sd-gen-wide", !picture);
  grid.replaceChildren(...state.views.map((view) => view.node));
  pair.replaceChildren(...value.tiles.slice(0, 2).map((tile) => {
    if (picture) { const view = pictureTile(tile, value, state.sheet, null); state.views.push(view); return view.node; }
    const line = coloured(make("div", "sd-tile sd-pair-line"), tile);
    line.append(make("strong", "", tile.title), make("span", "sd-caption", tile.caption));
    return line;
  }));
  const made = value.tiles.filter((tile) => tile.number !== null);
  if (state.mode !== value.wish.mode || state.chosen >= made.length) state.chosen = value.wish.mode === "interpolate" ? made.length >> 1 : 0;
  state.mode = value.wish.mode;
  walk.hidden = value.wish.mode !== "interpolate";
  slider.max = made.length - 1;
  saving(value.formats);
  asking.load(value);
  const judged = picture && value.wish.mode !== "partial" && made.some((tile) => tile.sees);
  notes.replaceChildren(...[...value.notes, ...(judged ? ["The words under each are what the judge, a classifier trained on real sequences, sees in it."] : [])].map((text) => make("p", "sd-note", text)));
  play.bar.hidden = !picture;
  if (picture) play.load(Math.max(...tiles.map((tile) => tile.frames)), value.rate);
  choose(state.chosen);
  if (inGrid && focused >= 0) grid.querySelector(`[data-number="${focused}"]`)?.focus();
  for (const view of state.views) view.draw();
  root.dataset.mode = value.wish.mode;
  root.dataset.seed = value.wish.seed ?? "";
  root.dataset.made = made.length;
}

function choose(number) {
  const { value } = state, tile = value.tiles.find((t) => t.number === number);
  state.chosen = number;
  slider.value = number;
  slider.setAttribute("aria-valuetext", nameOf(tile));
  for (const button of grid.querySelectorAll("[data-number]")) button.setAttribute("aria-pressed", String(Number(button.dataset.number) === number));
  state.views = state.views.filter((view) => view !== state.large);
  state.large = null;
  stage.replaceChildren();
  if (value.modality === "video") {
    state.large = pictureTile(tile, value, state.sheet, null);
    state.views.push(state.large);
    stage.append(state.large.node);
    state.large.show(play.state.frame);
  }
  said.textContent = `${value.modality === "video" ? "" : `${tile.title}: `}${tile.caption}`;
  root.dataset.chosen = number;
}
grid.addEventListener("keydown", (event) => {
  const step = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 }[event.key], tiles = [...grid.querySelectorAll("button[data-number]")];
  const at = tiles.indexOf(event.target);
  if (step === undefined || at < 0) return;
  const next = tiles[(at + step + tiles.length) % tiles.length];
  next.focus();
  choose(Number(next.dataset.number));
  event.preventDefault();
});

function show(frame) {
  for (const view of state.views) view.show(frame);
}

// A link to this page brings back what was asked.
function link({ wish, checkpoint, a, b }) {
  if (!root.offsetParent) return;
  const url = new URL(location.href), own = new Set(["mode", ...USED[wish.mode]]);
  for (const name of new Set(["mode", ...Object.values(USED).flat()])) {
    const value = Array.isArray(wish[name]) ? wish[name].join(",") : wish[name];
    if (own.has(name) && value !== "" && value !== undefined) url.searchParams.set(name, value); else url.searchParams.delete(name);
  }
  if (wish.mode === "roll" && wish.keep === "") url.searchParams.set("keep", "");
  for (const [name, value] of Object.entries({ checkpoint, a: plainly(a), b: plainly(b) })) url.searchParams.set(name, value);
  history.replaceState(history.state, "", url);
}

// Another pair has come, or another checkpoint, of which nothing is known yet.
function update() {
  const text = props.value || null;
  if (!text || text === state.text) return;
  state.text = text;
  const { linked, ...own } = JSON.parse(text), before = state.pair;
  if (!linked && plainly(before) === plainly(own) && (state.value || state.asking)) return; // the tab was opened again
  state.pair = own;
  if (before?.checkpoint !== own.checkpoint) state.value = null;
  ask(linked ?? (state.value ? null : { mode: "roll" }));
}
watch("value", update);
update();
const redraw = () => { for (const view of state.views) view.draw(); };
onTheme(root, redraw);
let width = 0;
new ResizeObserver(() => {
  if (grid.clientWidth === width || !grid.clientWidth) return;
  width = grid.clientWidth;
  redraw();
}).observe(grid);
