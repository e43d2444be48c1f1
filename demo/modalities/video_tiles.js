// Generated clips of video: pictures that play in step.
import { make, makePicture } from "../web/dom.js";
import { colourTile, nameOf, percent } from "../web/tile.js";

const isJudged = (tile) => tile.kind === "generated" && !tile.parts && tile.sees;

function frameNode(tile, choose) {
  if (!choose) return make("div", `sd-tile sd-var sd-${tile.kind}`);
  const node = make("button", `sd-tile sd-var sd-${tile.kind}`, undefined, {
    type: "button",
    "data-number": tile.number,
  });
  node.addEventListener("click", () => choose(tile.number));
  return node;
}

// What was given, and where it ends.
function givenBar(tile) {
  const bar = make("span", "sd-given-bar", undefined, { "aria-hidden": "true" });
  const given = make("i");
  const knob = make("b");
  given.style.width = percent(tile.given / tile.frames);
  bar.append(given, knob);
  return { bar, knob };
}

// A picture that plays: a button, if it can be chosen. `sheet` is the picture of all frames.
export function pictureTile(tile, message, sheet, choose) {
  const [width, height] = message.cell;
  const node = colourTile(frameNode(tile, choose), tile);
  const picture = makePicture(width, height, nameOf(tile), "sd-pixels");
  const head = make("span", "sd-var-head");
  const caption = isJudged(tile) ? tile.sees : tile.caption;
  head.append(make("strong", "", tile.title), make("span", "sd-caption", caption));
  node.append(picture, head);
  node.title = nameOf(tile);
  const pen = picture.getContext("2d");
  let marks = null;
  if (tile.given) {
    marks = givenBar(tile);
    marks.badge = make("span", "sd-badge", "", { "aria-hidden": "true" });
    picture.after(marks.bar);
    node.append(marks.badge);
  }

  function show(frame) {
    const at = tile.first + Math.min(frame, tile.frames - 1);
    const x = (at % message.columns) * width;
    const y = Math.floor(at / message.columns) * height;
    pen.drawImage(sheet, x, y, width, height, 0, 0, width, height);
    node.classList.toggle("sd-ended", frame >= tile.frames);
    if (!marks) return;
    const isGiven = frame < tile.given;
    marks.knob.style.left = `${(100 * (frame + 0.5)) / tile.frames}%`;
    marks.badge.textContent = isGiven ? "given" : "generated";
    node.classList.toggle("sd-in-given", isGiven);
  }

  return { node, tile, show, draw() {}, stop() {} };
}
