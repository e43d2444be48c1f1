// Generated clips of time series on common scales; behind those with A's dynamics is A, as it was measured.
import { addChooseButton } from "../web/tile.js";
import { seriesOf } from "./timeseries_axes.js";
import { axisEnds, seriesView } from "./timeseries_plot.js";

export function timeseriesTiles(tiles, message, root, choose) {
  const clips = tiles.map(seriesOf);
  const axes = axisEnds(message, clips);
  const longest = Math.max(...clips.map((clip) => clip.steps));
  return tiles.map((tile, i) => {
    const hasDynamicsOfA = tile.number !== null && tile.motion === "A";
    const view = seriesView(tile, clips[i], hasDynamicsOfA ? clips[0] : null, null, message);
    addChooseButton(view, tile, choose);

    function draw() {
      view.draw(message.shown, axes, longest, Math.floor(view.node.clientWidth));
      if (tile.given && view.width) view.mark(tile.given / message.request.frames, "sd-until");
    }

    const point = (event) => view.point(view.stepAt(event.clientX));
    view.plot.addEventListener("pointermove", point);
    view.plot.addEventListener("pointerdown", point);
    view.plot.addEventListener("pointerleave", () => view.point(null));
    return { node: view.node, tile, show() {}, draw, stop() {} };
  });
}
