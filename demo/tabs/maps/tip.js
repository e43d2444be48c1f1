// The card next to the pointer: a picture of a sequence and its labels.
import { clamp, make } from "../../web/dom.js";
import { colourCanvas } from "../../web/spectrogram.js";
import { labelWords } from "./labels.js";

const GAP = 18; // pixels from the pointer
const MARGIN = 4; // pixels from the edge of the window

export function hoverTip(root) {
  const node = make("div", "sd-tip", undefined, { role: "status" });
  const thumbnail = make("canvas", "sd-pixels");
  const text = make("div");
  let sheet = null;
  node.hidden = true;
  node.append(thumbnail, text);
  root.append(node);

  function load(atlas) {
    if (!atlas?.uri || sheet?.src === atlas.uri) return;
    sheet = new Image();
    sheet.src = atlas.uri;
  }

  function paint(points, i, atlas) {
    // The picture is shown only if the atlas is the one of these points.
    const isOfThesePoints = atlas && sheet?.src === atlas.uri && atlas.key === points.key;
    thumbnail.hidden = !isOfThesePoints;
    if (!isOfThesePoints) return;
    const [width, height] = atlas.cell;
    thumbnail.width = width;
    thumbnail.height = height;
    thumbnail.classList.toggle("sd-pixels", !points.grey);
    const x = (i % atlas.columns) * width;
    const y = Math.floor(i / atlas.columns) * height;
    thumbnail.getContext("2d").drawImage(sheet, x, y, width, height, 0, 0, width, height);
    if (points.grey) colourCanvas(thumbnail);
  }

  function place({ clientX, clientY }) {
    const box = node.getBoundingClientRect();
    const fits = clientX + GAP + box.width <= innerWidth;
    const left = fits ? clientX + GAP : clientX - box.width - GAP;
    const top = clamp(clientY - box.height / 2, MARGIN, innerHeight - box.height - MARGIN);
    node.style.left = `${Math.max(MARGIN, left)}px`;
    node.style.top = `${Math.max(MARGIN, top)}px`;
  }

  function show(points, i, atlas, pointer) {
    const title = points.titles?.[i] ?? `sequence ${points.ids[i]}`;
    text.replaceChildren(make("strong", "", title));
    for (const [name, factor] of Object.entries(points.factors)) {
      const aggregated = factor.said ? ` (${factor.said})` : "";
      const label = labelWords(factor, factor.values[i]);
      text.append(make("span", "", `${name}${aggregated}: ${label}`));
    }
    node.dataset.index = points.ids[i];
    paint(points, i, atlas);
    node.hidden = false;
    place(pointer);
  }

  function hide() {
    node.hidden = true;
  }

  return { load, show, hide };
}
