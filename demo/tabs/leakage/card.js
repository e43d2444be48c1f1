// A card with all figures of the tile that has the pointer or the focus.
import { clamp, make } from "../../web/dom.js";

const MARGIN = 4; // pixels from the edge of the window
const GAP = 8; // pixels from the tile

export function figureCard(root) {
  const card = make("div", "sd-tip sd-card", undefined, { role: "tooltip" });
  let explained = null; // the tile that the card is about
  card.hidden = true;
  root.append(card);

  function place() {
    if (!explained) return;
    const tile = explained.getBoundingClientRect();
    const box = card.getBoundingClientRect();
    const above = tile.top - box.height - GAP;
    const below = Math.min(innerHeight - box.height - MARGIN, tile.bottom + GAP);
    const middle = tile.left + tile.width / 2 - box.width / 2;
    card.style.left = `${clamp(middle, MARGIN, Math.max(MARGIN, innerWidth - box.width - MARGIN))}px`;
    card.style.top = `${above > MARGIN ? above : below}px`;
  }

  function dismiss() {
    explained = null;
    card.hidden = true;
  }

  function show(tile, title, rows) {
    const list = make("dl");
    for (const [what, figure] of rows) list.append(make("dt", "", what), make("dd", "", figure));
    card.replaceChildren(make("strong", "", title), list);
    card.hidden = false;
    explained = tile;
    place();
  }

  // Show `rows` of [what, figure] for a tile.
  function explain(tile, title, rows) {
    const enter = () => show(tile, title, rows);
    // The pointer may leave one tile while the card is about another, which has the focus.
    const leave = () => {
      if (explained === tile) dismiss();
    };
    tile.addEventListener("pointerenter", enter);
    tile.addEventListener("focus", enter);
    tile.addEventListener("pointerleave", leave);
    tile.addEventListener("blur", leave);
  }

  root.addEventListener("keydown", (event) => {
    if (event.key === "Escape") dismiss();
  });
  addEventListener("scroll", place, { passive: true, capture: true });
  return { explain, dismiss };
}
