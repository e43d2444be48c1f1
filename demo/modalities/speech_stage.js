// The sound stage: six clips of a swap, or a recording alone, seen and heard one at a time.
const root = element.querySelector(".sd-stage");
const state = { text: null, views: [], queue: [] };
const bar = make("div", "sd-controls");
const all = make("button", "sd-play sd-in-turn", "▶ Play all in turn", { type: "button" });
const level = make("span", "sd-note", "All six are levelled to the same loudness.");
bar.append(all, level);
// A, then what was made with A's voice; B, then what was made with B's.
const TURNS = [0, 2, 3, 1, 5, 4];
const PAUSE_MS = 300;

function turn() {
  const next = state.queue.shift();
  if (next === undefined || !root.isConnected) { quiet(); return; }
  all.textContent = "■ Stop";
  state.views.find((view) => view.tile.clip === next).play(0, () => {
    state.timer = setTimeout(turn, PAUSE_MS);
  });
}
function quiet() {
  clearTimeout(state.timer);
  state.queue = [];
  all.textContent = "▶ Play all in turn";
}
all.addEventListener("click", () => {
  if (state.queue.length || all.textContent.startsWith("■")) { quiet(); ear().stop(); return; }
  state.queue = [...TURNS];
  turn();
});

function build(value) {
  for (const view of state.views) if (view.playing) ear().stop();
  quiet();
  root.replaceChildren();
  const heard = value.tiles.map((tile) => ear().decode(tile.sound.uri));
  const whole = Math.max(...heard.map((clip) => clip.seconds));
  const peak = heard.reduce((most, clip) => clip.samples.reduce((m, v) => Math.max(m, Math.abs(v)), most), 1e-3);
  state.views = value.tiles.map((tile, i) => clipView(tile, heard[i], value.scale, whole, peak, root));
  const swapped = value.tiles.length > 1;
  const grid = make("div", swapped ? "sd-grid sd-sound-grid" : "sd-alone");
  if (swapped) grid.append(...headings(value, "real"));
  grid.append(...state.views.map((view) => view.node));
  for (const view of state.views) {
    // Whoever plays one clip does not want the next one too.
    view.node.addEventListener("click", quiet, true);
    view.node.addEventListener("keydown", quiet, true);
  }
  root.append(...(swapped ? [bar] : []), grid);
  if (value.judge !== null) root.append(judgeNote(value.judge));
  const limit = value.bandwidth ? ` The recordings end at ${value.bandwidth / 1000} kHz.` : "";
  root.append(make("p", "sd-note",
    `${swapped ? "Each" : "The"} picture: the waveform; the spectrogram, dark where it is ${dark() ? "quiet" : "loud"}; on it the pitch${swapped ? ", in the colour of whose voice it should be" : ""}. Frequencies are in kHz, an octave a step.${limit} Click a picture to hear it from there; space plays, arrows step.`));
  for (const view of state.views) view.draw();
}

const update = () => receive(build, () => {
  for (const view of state.views) if (view.playing) ear().stop();
  quiet();
});
watch("value", update);
update();
onTheme(root, () => { if (state.text) build(JSON.parse(state.text)); });
let width = 0;
new ResizeObserver(() => {
  if (root.clientWidth === width) return;
  width = root.clientWidth;
  for (const view of state.views) view.draw();
}).observe(root);
