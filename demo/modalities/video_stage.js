// The player: six clips in step on canvases, from one sprite sheet (a row a clip, a column a frame).
const root = element.querySelector(".sd-stage");
const state = { sheet: null, value: null, views: [], marks: [] };
const play = player(root, show);

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
  if (tile.verdict.length) caption.append(verdictMarks(tile.verdict));
  figure.append(picture, caption);
  return { figure, picture, clip: tile.clip };
}

function build() {
  const value = state.value;
  root.replaceChildren();
  state.views = [];
  if (!value) return;
  const grid = make("div", "sd-grid");
  grid.append(...headings(value, "real"));
  for (const tile of value.tiles) {
    const view = tileView(tile, value);
    grid.append(view.figure);
    state.views.push(view);
  }
  root.append(grid, play.bar);
  if (value.judge !== null) root.append(judgeNote(value.judge));
  root.append(strips(value));
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
      play.stopAt(Math.floor(((event.clientX - box.left) / box.width) * value.frames));
    });
    row.append(make("span", "sd-strip-name", tile.title), holder);
    box.append(row);
    state.views.push({ picture, clip, whole: true });
    state.marks.push(mark);
  }
  return box;
}

function show(frame) {
  const value = state.value;
  if (!value || !state.sheet) return;
  const [width, height] = value.cell;
  for (const view of state.views) {
    if (view.whole) continue;
    view.picture.getContext("2d").drawImage(
      state.sheet, frame * width, view.clip * height, width, height, 0, 0, width, height);
  }
  for (const mark of state.marks) mark.style.left = `${(100 * frame) / value.frames}%`;
}

function paintStrips() {
  const [, height] = state.value.cell;
  for (const view of state.views) {
    if (!view.whole) continue;
    const { width } = view.picture;
    view.picture.getContext("2d").drawImage(state.sheet, 0, view.clip * height, width, height, 0, 0, width, height);
  }
}

function update() {
  const value = props.value;
  root.hidden = !value;
  if (!value) {
    state.value = null;
    root.replaceChildren();
    delete root.dataset.pair;
    return;
  }
  const picture = new Image();
  picture.onload = () => {
    if (picture.src !== props.value?.sheet) return; // a newer pair has come meanwhile
    state.value = JSON.parse(JSON.stringify(value));
    state.sheet = picture;
    build();
    paintStrips();
    play.load(value.frames, value.rate);
    root.dataset.pair = `${plainly(value.a)},${plainly(value.b)}`;
    remember(value);
  };
  picture.src = value.sheet;
}

watch("value", update);
update();
