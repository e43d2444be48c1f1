// The Generate tab: a request, the generated clips in step, and what can be done with one of them.
import { RENDERERS } from "../../modalities/renderers.js";
import { asText, updateAddress } from "../../web/address.js";
import { make, makeButton } from "../../web/dom.js";
import { player } from "../../web/player.js";
import { onTheme, onWidth } from "../../web/theme.js";
import { nameOf } from "../../web/tile.js";
import { FIELDS, generationForm } from "./form.js";

const SHOWN = 9; // of an interpolation; the slider has stops between them
const USES = [
  ["A", "Use as A", "Make it the first of the pair, and see the swap"],
  ["B", "Use as B", "Make it the second of the pair, and see the swap"],
  ["maps", "Show on maps", "Make it the first of the pair, and see where its codes lie"],
];
const KEY_STEPS = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 };
const JUDGE_NOTE = "The labels under each are what the judge, a classifier trained on real sequences, sees in it.";
const NO_ANSWER = "No answer came. Is the app still running? Try once more.";

function generated(message) {
  return message.tiles.filter((tile) => tile.number !== null);
}

// The tiles of the grid.
function tilesOfGrid(message, renderer) {
  const { mode } = message.request;
  let tiles = generated(message);
  if (mode === "interpolate" && tiles.length > SHOWN) tiles = tiles.filter((tile) => tile.number % 2 === 0);
  if (mode === "partial") {
    const [some, everything, nothing] = tiles;
    tiles = [nothing, some, everything];
  }
  return [...renderer.sources(mode, message.tiles), ...tiles];
}

export function mount({ element, props, watch, trigger, server }) {
  const root = element.querySelector(".sd-generate");
  const state = {
    text: null, // the value that was received last
    pair: null,
    message: null,
    renderer: null,
    sheet: null,
    views: [],
    large: null, // the view of the chosen clip
    chosen: 0,
    mode: null,
    isAsking: false,
    next: null, // what to ask after the present answer
  };

  const form = generationForm(() => ask());
  const alert = make("p", "sd-refused", "", { role: "alert" });
  const body = make("div", "sd-gen");
  const side = make("div", "sd-gen-side");
  const main = make("div", "sd-gen-main");
  const one = make("section", "sd-one", undefined, { "aria-label": "The chosen one" });
  const sources = make("div", "sd-gen-pair");
  const grid = make("div", "sd-vars");
  const notes = make("div", "sd-gen-notes");
  const stage = make("div", "sd-one-stage");
  const caption = make("p", "sd-one-said", "", { role: "status" });
  const slider = make("input", "", undefined, { type: "range", min: 0, step: 1, "aria-label": "From A to B" });
  const walk = make("label", "sd-walk");
  const uses = make("div", "sd-uses");
  const saves = make("div", "sd-saves");
  const play = player(main, show);
  const random = makeButton("sd-more", "Random pair", () => trigger("random", {}));
  walk.append(make("span", "sd-dot sd-dot-a", "A"), slider, make("span", "sd-dot sd-dot-b", "B"));
  for (const [to, text, title] of USES) {
    uses.append(makeButton(`sd-more sd-use-${to}`, text, () => useChosen(to), { title }));
  }
  one.append(stage, walk, caption, uses, saves);
  side.append(sources, random, form.node);
  main.append(grid, play.bar, notes);
  body.append(side, main, one);
  alert.hidden = true;
  root.append(form.modes, alert, body);

  // One question at a time: of a slider that is dragged the last position counts. `server.answer` is
  // demo.tabs.generate.payload.answer.
  async function ask(request = form.request()) {
    if (!state.pair) return;
    if (state.isAsking) {
      state.next = request;
      return;
    }
    const started = performance.now();
    state.isAsking = true;
    root.setAttribute("aria-busy", "true");
    try {
      const answer = await server.answer(JSON.stringify({ ...state.pair, request }));
      await receive(answer);
      requestAnimationFrame(() => {
        root.dataset.took = (performance.now() - started).toFixed(0);
      });
    } catch {
      refuse(NO_ANSWER);
    }
    state.isAsking = false;
    root.removeAttribute("aria-busy");
    const { next } = state;
    state.next = null;
    if (next) ask(next);
  }

  function refuse(text) {
    alert.hidden = !text;
    alert.textContent = text;
  }

  async function receive(message) {
    refuse(message.refused || "");
    if (message.refused) {
      // A link may ask for what cannot be.
      if (!state.message) state.next ??= { mode: "roll" };
      return;
    }
    let sheet = null;
    if (message.sheet) {
      sheet = new Image();
      sheet.src = message.sheet;
      await sheet.decode();
    }
    Object.assign(state, { message, sheet, renderer: RENDERERS[message.modality] });
    build();
    rememberRequest(message);
  }

  function requestText() {
    return JSON.stringify(state.message.request);
  }

  function useChosen(to) {
    trigger("use", { request: requestText(), number: state.chosen, to });
  }

  function saveRow(text, number) {
    const row = make("div", "sd-save-row");
    row.append(make("span", "sd-caption", text));
    for (const format of state.message.formats) {
      const name = format.toUpperCase();
      const save = () => trigger("save", { request: requestText(), number: number(), format });
      const label = `Download ${text.toLowerCase()} as ${name}`;
      row.append(makeButton("sd-more", name, save, { "aria-label": label }));
    }
    return row;
  }

  function build() {
    const { message, renderer } = state;
    const { mode } = message.request;
    const focused = grid.contains(document.activeElement) ? document.activeElement.dataset.number : undefined;
    for (const view of state.views) view.stop();
    buildGrid();
    buildSources();
    const count = generated(message).length;
    if (state.mode !== mode || state.chosen >= count) {
      state.chosen = mode === "interpolate" ? Math.floor(count / 2) : 0;
    }
    state.mode = mode;
    walk.hidden = mode !== "interpolate";
    slider.max = count - 1;
    saves.replaceChildren(
      saveRow("This one", () => state.chosen),
      saveRow("All of them", () => null),
    );
    form.load(message);
    buildNotes();
    play.bar.hidden = !renderer.isAnimated;
    if (renderer.isAnimated) {
      const frames = Math.max(...state.views.map((view) => view.tile.frames));
      play.load(frames, message.rate);
    }
    choose(state.chosen);
    if (focused !== undefined) grid.querySelector(`[data-number="${focused}"]`)?.focus();
    redraw();
    root.dataset.mode = mode;
    root.dataset.seed = message.request.seed ?? "";
    root.dataset.made = count;
  }

  function buildGrid() {
    const { message, renderer, sheet } = state;
    const tiles = tilesOfGrid(message, renderer);
    state.views = renderer.tiles(tiles, { message, sheet, root, choose });
    grid.className = `sd-vars sd-vars-${message.request.mode} sd-vars-${message.modality}`;
    body.classList.toggle("sd-gen-wide", !renderer.isAnimated);
    grid.replaceChildren(...state.views.map((view) => view.node));
  }

  function buildSources() {
    const { message, renderer, sheet } = state;
    const views = message.tiles.slice(0, 2).map((tile) => renderer.source(tile, { message, sheet }));
    sources.replaceChildren(...views.map((view) => view.node));
    if (renderer.isAnimated) state.views.push(...views);
  }

  function buildNotes() {
    const { message } = state;
    const lines = [...message.notes];
    const isJudged = generated(message).some((tile) => tile.sees);
    if (isJudged && message.request.mode !== "partial") lines.push(JUDGE_NOTE);
    notes.replaceChildren(...lines.map((line) => make("p", "sd-note", line)));
  }

  function choose(number) {
    const { message, renderer, sheet } = state;
    const tile = message.tiles.find((candidate) => candidate.number === number);
    state.chosen = number;
    slider.value = number;
    slider.setAttribute("aria-valuetext", nameOf(tile));
    for (const button of grid.querySelectorAll("[data-number]")) {
      button.setAttribute("aria-pressed", String(Number(button.dataset.number) === number));
    }
    state.views = state.views.filter((view) => view !== state.large);
    state.large = null;
    stage.replaceChildren();
    caption.textContent = `${tile.title}: ${tile.caption}`;
    if (renderer.isAnimated) {
      caption.textContent = tile.caption;
      state.large = renderer.source(tile, { message, sheet });
      state.views.push(state.large);
      stage.append(state.large.node);
      state.large.show(play.state.frame);
    }
    root.dataset.chosen = number;
  }

  function onKey(event) {
    const step = KEY_STEPS[event.key];
    const buttons = [...grid.querySelectorAll("button[data-number]")];
    const at = buttons.indexOf(event.target);
    if (step === undefined || at < 0) return;
    const next = buttons[(at + step + buttons.length) % buttons.length];
    next.focus();
    choose(Number(next.dataset.number));
    event.preventDefault();
  }

  function show(frame) {
    for (const view of state.views) view.show(frame);
  }

  function redraw() {
    for (const view of state.views) view.draw();
  }

  // A link to this page brings back what was asked.
  function rememberRequest({ request, checkpoint, a, b }) {
    if (!root.offsetParent) return;
    const parameters = { mode: request.mode };
    for (const name of new Set(Object.values(FIELDS).flat())) {
      parameters[name] = FIELDS[request.mode].includes(name) ? addressValue(name, request) : undefined;
    }
    updateAddress({ ...parameters, checkpoint, a: asText(a), b: asText(b) });
  }

  function addressValue(name, request) {
    const value = request[name];
    if (Array.isArray(value)) return value.length ? value.join(",") : undefined;
    if (name === "keep" && request.mode === "roll") return value;
    return value === "" ? undefined : value;
  }

  // Another pair has come, or another checkpoint, of which nothing is known yet.
  function update() {
    const text = props.value || null;
    if (!text || text === state.text) return;
    state.text = text;
    const { linked, ...pair } = JSON.parse(text);
    const former = state.pair;
    const isSame = asText(former) === asText(pair);
    const isKnown = state.message || state.isAsking;
    if (!linked && isSame && isKnown) return; // the tab was opened again
    state.pair = pair;
    if (former?.checkpoint !== pair.checkpoint) state.message = null;
    if (linked) ask(linked);
    else if (state.message) ask();
    else ask({ mode: "roll" });
  }

  slider.addEventListener("input", () => choose(Number(slider.value)));
  grid.addEventListener("keydown", onKey);
  watch("value", update);
  update();
  onTheme(root, redraw);
  onWidth(grid, redraw);
}
