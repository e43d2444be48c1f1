// Generated clips of speech, drawn on one scale.
import { audio, decodeWav, peakOf } from "../web/audio.js";
import { make } from "../web/dom.js";
import { addChooseButton } from "../web/tile.js";
import { EDGE, clipView } from "./speech_clip.js";

// A line where the given steps end.
function addGivenLine(view, share) {
  const line = make("i", "sd-until");
  line.style.left = `calc(${EDGE}px + (100% - ${EDGE + 1}px) * ${share.toFixed(4)})`;
  view.node.querySelector(".sd-seek").append(line);
}

export function speechTiles(tiles, message, root, choose) {
  const sounds = tiles.map((tile) => decodeWav(tile.sound.uri));
  const longest = Math.max(...sounds.map((sound) => sound.seconds));
  const peak = peakOf(sounds);
  return tiles.map((tile, i) => {
    const view = clipView(tile, sounds[i], message.scale, longest, peak, root);
    addChooseButton(view, tile, choose);
    if (tile.given) {
      const seconds = (tile.given / message.request.frames) * sounds[i].seconds;
      addGivenLine(view, seconds / longest);
    }
    const stop = () => {
      if (view.playing) audio.stop();
    };
    return { node: view.node, tile, show() {}, draw: view.draw, stop };
  });
}
