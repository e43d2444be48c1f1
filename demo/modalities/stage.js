// What the stages of all modalities have in common.
import { asText, rememberPair } from "../web/address.js";
import { make } from "../web/dom.js";

// The heads of the columns of a 2x2: the originals, then the clips with the dynamics of A and of B.
export function headings(dynamics) {
  const head = (side) => {
    const node = make("div", `sd-head sd-head-${side}`);
    node.append(make("span", "sd-dot", side), make("span", "", dynamics[side]));
    return node;
  };
  return [make("div", "sd-head sd-head-none", "real"), head("A"), head("B")];
}

// The classes of a tile: its kind and its donors.
export function tileClass(tile) {
  return `sd-tile sd-${tile.kind} sd-look-${tile.look} sd-motion-${tile.motion}`;
}

// Calls `build` with each new message of a stage, and `clear` when there is none. `build` may finish later; it then
// returns false and calls `ready` itself.
export function receiver({ root, props, watch }, build, clear) {
  let text = null;

  function ready(message) {
    root.dataset.pair = `${asText(message.a)},${asText(message.b)}`;
    rememberPair(message);
  }

  function update() {
    const received = props.value || null;
    root.hidden = !received;
    if (received === text) return;
    text = received;
    if (!received) {
      clear();
      root.replaceChildren();
      delete root.dataset.pair;
      return;
    }
    const message = JSON.parse(received);
    const isCurrent = () => text === received;
    if (build(message, { isCurrent, ready: () => ready(message) }) !== false) ready(message);
  }

  watch("value", update);
  update();
}
