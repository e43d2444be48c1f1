// The player: six clips in step on canvases, from one sprite sheet (a row a clip, a column a frame).
const root = element.querySelector(".sd-stage");
const still = matchMedia("(prefers-reduced-motion: reduce)");
const SPEEDS = [0.25, 0.5, 1, 2];
const state = { frame: 0, playing: !still.matches, speed: 1, last: 0, sheet: null, value: null, views: [] };

function canvas(width, height, label, className) {
  const node = make("canvas", className, undefined, { role: "img", "aria-label": label });
  node.width = width;
  node.height = height;
  return node;
}

function tileView(tile, value) {
  const [width, height] = value.cell;
  const figure = make("figure", `sd-tile sd-${tile.kind} sd-look-${tile.look} sd-motion-${tile.motion}`);
  const picture = canvas(width, height, `${tile.title}: ${tile.caption}`, "sd-pixels");
  const caption = make("figcaption");
  caption.append(make("strong", "", tile.title), make("span", "sd-caption", tile.caption));
  if (tile.psnr !== null) {
    const against = tile.kind === "swap" ? "the real sequence" : "the input";
    caption.append(make("span", "sd-metric", `PSNR ${tile.psnr.toFixed(1)} dB against ${against}`));
  }
  if (tile.verdict.length) {
    const list = make("ul", "sd-verdict", undefined, { "aria-label": "What the judge sees" });
    for (const { factor, expected, seen, kept } of tile.verdict) {
      const item = make("li", kept ? "sd-kept" : "sd-lost", `${kept ? "✓" : "✗"} ${factor}`);
      item.title = kept ? `${factor}: ${seen}, as expected` : `${factor}: expected ${expected}, judge sees ${seen}`;
      item.setAttribute("aria-label", item.title);
      list.append(item);
    }
    caption.append(list);
  }
  figure.append(picture, caption);
  return { figure, picture, clip: tile.clip };
}

function build() {
  const value = state.value;
  root.replaceChildren();
  state.views = [];
  if (!value) return;
  const grid = make("div", "sd-grid");
  const head = (side, text) => {
    const node = make("div", `sd-head sd-head-${side}`);
    node.append(make("span", "sd-dot", side), make("span", "", text));
    return node;
  };
  grid.append(
    make("div", "sd-head sd-head-none", "real"),
    head("A", `motion: ${value.motion.A}`),
    head("B", `motion: ${value.motion.B}`),
  );
  for (const tile of value.tiles) {
    const view = tileView(tile, value);
    grid.append(view.figure);
    state.views.push(view);
  }
  root.append(grid, controls(value));
  if (value.judge !== null) {
    root.append(make("p", "sd-note",
      `✓ kept and ✗ lost are the opinion of a judge: a classifier trained on real training sequences, right on ${value.judge.toFixed(1)} % of real test sequences in its worst factor.`));
  }
  root.append(strips(value));
}

function controls(value) {
  const bar = make("div", "sd-controls");
  const play = make("button", "sd-play", "", { type: "button" });
  const scrub = make("input", "sd-scrub", undefined, {
    type: "range", min: 0, max: value.frames - 1, step: 1, "aria-label": "Frame",
  });
  const count = make("output", "sd-count");
  const speed = make("select", "sd-speed", undefined, { "aria-label": "Speed" });
  for (const s of SPEEDS) {
    const option = make("option", "", `${s}×`, { value: s });
    option.selected = s === state.speed;
    speed.append(option);
  }
  play.addEventListener("click", () => setPlaying(!state.playing));
  scrub.addEventListener("input", () => { setPlaying(false); show(Number(scrub.value)); });
  speed.addEventListener("change", () => { state.speed = Number(speed.value); });
  bar.append(play, scrub, count, speed);
  Object.assign(state, { play, scrub, count });
  return bar;
}

function strips(value) {
  const [width, height] = value.cell;
  const box = make("div", "sd-strips");
  box.append(make("h3", "", "Frame by frame"));
  state.marks = [];
  for (const clip of [0, 2, 3, 4, 5, 1]) {
    const tile = value.tiles.find((t) => t.clip === clip);
    const row = make("div", `sd-strip sd-look-${tile.look} sd-motion-${tile.motion}`);
    const holder = make("div", "sd-film");
    const picture = canvas(width * value.frames, height, `All frames of ${tile.title}`, "sd-pixels");
    const mark = make("div", "sd-mark");
    mark.style.width = `${100 / value.frames}%`;
    holder.append(picture, mark);
    holder.addEventListener("click", (event) => {
      const box = holder.getBoundingClientRect();
      setPlaying(false);
      show(Math.floor(((event.clientX - box.left) / box.width) * value.frames));
    });
    row.append(make("span", "sd-strip-name", tile.title), holder);
    box.append(row);
    state.views.push({ picture, clip, whole: true });
    state.marks.push(mark);
  }
  return box;
}

function setPlaying(playing) {
  state.playing = playing;
  state.play.textContent = playing ? "❚❚ Pause" : "▶ Play";
  state.play.setAttribute("aria-pressed", String(playing));
}

function show(frame) {
  const value = state.value;
  if (!value || !state.sheet) return;
  state.frame = ((frame % value.frames) + value.frames) % value.frames;
  const [width, height] = value.cell;
  for (const view of state.views) {
    if (view.whole) continue;
    view.picture.getContext("2d").drawImage(
      state.sheet, state.frame * width, view.clip * height, width, height, 0, 0, width, height);
  }
  for (const mark of state.marks) mark.style.left = `${(100 * state.frame) / value.frames}%`;
  state.scrub.value = state.frame;
  state.count.textContent = `${state.frame + 1} / ${value.frames}`;
}

function paintStrips() {
  const [, height] = state.value.cell;
  for (const view of state.views) {
    if (!view.whole) continue;
    const { width } = view.picture;
    view.picture.getContext("2d").drawImage(state.sheet, 0, view.clip * height, width, height, 0, 0, width, height);
  }
}

function tick(now) {
  if (!root.isConnected) return; // the component is gone
  const value = state.value;
  if (state.playing && value && now - state.last >= 1000 / (value.rate * state.speed)) {
    state.last = now;
    show(state.frame + 1);
  }
  requestAnimationFrame(tick);
}

function remember(value) {
  // A link to this page brings the pair back.
  const url = new URL(location.href);
  for (const name of ["checkpoint", "a", "b"]) url.searchParams.set(name, value[name]);
  history.replaceState(history.state, "", url);
}

function update() {
  const value = props.value;
  if (!value || !value.sheet) { state.value = null; root.replaceChildren(); return; }
  const picture = new Image();
  picture.onload = () => {
    if (picture.src !== props.value?.sheet) return; // a newer pair has come meanwhile
    state.value = JSON.parse(JSON.stringify(value));
    state.sheet = picture;
    build();
    paintStrips();
    setPlaying(state.playing);
    show(state.frame);
    root.dataset.pair = `${value.a},${value.b}`;
    remember(value);
  };
  picture.src = value.sheet;
}

root.tabIndex = 0;
root.addEventListener("keydown", (event) => {
  if (!state.value || event.target !== root) return;
  if (event.key === " ") setPlaying(!state.playing);
  else if (event.key === "ArrowRight") { setPlaying(false); show(state.frame + 1); }
  else if (event.key === "ArrowLeft") { setPlaying(false); show(state.frame - 1); }
  else return;
  event.preventDefault();
});
still.addEventListener?.("change", () => { if (still.matches && state.value) setPlaying(false); });
watch("value", update);
update();
requestAnimationFrame(tick);
