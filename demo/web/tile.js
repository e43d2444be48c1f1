// A generated clip in the grid of the Generate tab: whose codes it has, and how it is chosen.
import { make, makeButton } from "./dom.js";

const COLOURS = { A: "var(--sd-a)", B: "var(--sd-b)", N: "var(--sd-new)" };

export function percent(share) {
  return `${Math.round(100 * share)}%`;
}

// Whose code it is, as a colour: A's, B's, new, or on the way from A to B.
function colourOf(owner) {
  if (typeof owner !== "number") return COLOURS[owner];
  return `color-mix(in oklab, var(--sd-a), var(--sd-b) ${percent(owner)})`;
}

export function colourTile(node, tile) {
  node.style.setProperty("--look", colourOf(tile.look));
  node.style.setProperty("--motion", colourOf(tile.motion));
  return node;
}

export function nameOf(tile) {
  if (tile.number === null) return `${tile.title}, ${tile.name}: ${tile.caption}`;
  const seen = tile.sees ? `; the judge sees ${tile.sees}` : "";
  return `${tile.title}: ${tile.caption}${seen}`;
}

// A button that chooses a clip whose picture has uses of its own.
export function addChooseButton(view, tile, choose) {
  colourTile(view.node, tile);
  if (tile.number === null) return;
  const attributes = { "data-number": tile.number, "aria-label": `Choose ${nameOf(tile)}` };
  view.node.append(makeButton("sd-more sd-choose", "Choose", () => choose(tile.number), attributes));
}

// A source of the pair where there is no picture of it: its title and caption.
export function pairLine(tile) {
  const line = colourTile(make("div", "sd-tile sd-pair-line"), tile);
  line.append(make("strong", "", tile.title), make("span", "sd-caption", tile.caption));
  return line;
}
