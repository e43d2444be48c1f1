// The stage of video: six clips in step on canvases, from one sprite sheet (a row a clip, a column a frame).
import { make, makePicture } from "../web/dom.js";
import { judgeNote, verdictMarks } from "../web/judge.js";
import { player } from "../web/player.js";
import { headings, receiver, tileClass } from "./stage.js";

// Clips of the film strips from above: A and what has its static code, then B's.
const STRIPS = [0, 2, 3, 4, 5, 1];

export function mount({ element, props, watch }) {
  const root = element.querySelector(".sd-stage");
  const state = { sheet: null, message: null, moving: [], strips: [], marks: [] };
  const play = player(root, show);

  function tileView(tile, message) {
    const [width, height] = message.cell;
    const figure = make("figure", tileClass(tile));
    const picture = makePicture(width, height, `${tile.title}: ${tile.caption}`, "sd-pixels");
    const caption = make("figcaption");
    caption.append(make("strong", "", tile.title), make("span", "sd-caption", tile.caption));
    if (tile.quality !== null) {
      const against = tile.kind === "swap" ? "the real sequence" : "the input";
      const psnr = `PSNR ${tile.quality.toFixed(1)} dB against ${against}`;
      caption.append(make("span", "sd-metric", psnr));
    }
    if (tile.verdict.length) caption.append(verdictMarks(tile.verdict));
    figure.append(picture, caption);
    state.moving.push({ picture, clip: tile.clip });
    return figure;
  }

  function stripView(tile, message) {
    const [width, height] = message.cell;
    const row = make("div", `sd-strip sd-look-${tile.look} sd-motion-${tile.motion}`);
    const film = make("div", "sd-film");
    const label = `All frames of ${tile.title}`;
    const picture = makePicture(width * message.frames, height, label, "sd-pixels");
    const mark = make("div", "sd-mark");
    mark.style.width = `${100 / message.frames}%`;
    film.append(picture, mark);
    film.addEventListener("click", (event) => {
      const box = film.getBoundingClientRect();
      const share = (event.clientX - box.left) / box.width;
      play.stopAt(Math.floor(share * message.frames));
    });
    row.append(make("span", "sd-strip-name", tile.title), film);
    state.strips.push({ picture, clip: tile.clip });
    state.marks.push(mark);
    return row;
  }

  function build(message) {
    Object.assign(state, { message, moving: [], strips: [], marks: [] });
    const grid = make("div", "sd-grid");
    grid.append(...headings(message.motion));
    for (const tile of message.tiles) grid.append(tileView(tile, message));
    const box = make("div", "sd-strips");
    box.append(make("h3", "", "Frame by frame"));
    for (const clip of STRIPS) {
      const tile = message.tiles.find((one) => one.clip === clip);
      box.append(stripView(tile, message));
    }
    root.replaceChildren(grid, play.bar);
    if (message.judge !== null) root.append(judgeNote(message.judge));
    root.append(box);
    paintStrips();
    play.load(message.frames, message.rate);
  }

  function paintStrips() {
    const [, height] = state.message.cell;
    for (const { picture, clip } of state.strips) {
      const { width } = picture;
      const pen = picture.getContext("2d");
      pen.drawImage(state.sheet, 0, clip * height, width, height, 0, 0, width, height);
    }
  }

  function show(frame) {
    if (!state.message || !state.sheet) return;
    const [width, height] = state.message.cell;
    for (const { picture, clip } of state.moving) {
      const pen = picture.getContext("2d");
      pen.drawImage(state.sheet, frame * width, clip * height, width, height, 0, 0, width, height);
    }
    for (const mark of state.marks) mark.style.left = `${(100 * frame) / state.message.frames}%`;
  }

  function load(message, { isCurrent, ready }) {
    const sheet = new Image();
    sheet.onload = () => {
      if (!isCurrent()) return; // a newer pair has come
      state.sheet = sheet;
      build(message);
      ready();
    };
    sheet.src = message.sheet;
    return false;
  }

  function clear() {
    Object.assign(state, { message: null, moving: [], strips: [], marks: [] });
  }

  receiver({ root, props, watch }, load, clear);
}
