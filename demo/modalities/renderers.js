// How the Generate tab shows the clips of each modality.
import { pairLine } from "../web/tile.js";
import { speechTiles } from "./speech_tiles.js";
import { timeseriesTiles } from "./timeseries_tiles.js";
import { pictureTile } from "./video_tiles.js";

// Which of the sources A and B are shown next to generated clips.
function sourcesOfPictures(mode, [a, b]) {
  if (mode === "partial") return [a, b];
  return mode === "continue" ? [a] : [];
}

function sourcesOfOthers(mode, [a, b]) {
  return mode === "partial" || mode === "interpolate" ? [a, b] : [a];
}

// A view of a line that never changes.
function staticView(node) {
  return { node, show() {}, draw() {}, stop() {} };
}

// `isAnimated`: whether clips play in step, with one player. `sources`: which sources are in the grid. `tiles`: views of
// the tiles of the grid. `source`: a view of one source above the form.
export const RENDERERS = {
  video: {
    isAnimated: true,
    sources: sourcesOfPictures,
    tiles: (tiles, { message, sheet, choose }) =>
      tiles.map((tile) => pictureTile(tile, message, sheet, tile.number === null ? null : choose)),
    source: (tile, { message, sheet }) => pictureTile(tile, message, sheet, null),
  },
  speech: {
    isAnimated: false,
    sources: sourcesOfOthers,
    tiles: (tiles, { message, root, choose }) => speechTiles(tiles, message, root, choose),
    source: (tile) => staticView(pairLine(tile)),
  },
  timeseries: {
    isAnimated: false,
    sources: sourcesOfOthers,
    tiles: (tiles, { message, root, choose }) => timeseriesTiles(tiles, message, root, choose),
    source: (tile) => staticView(pairLine(tile)),
  },
};
