// Spectrograms and grey plots: from shades (0 silent, 255 loudest) to colours. Neither orange nor blue: those are A and B.
import { themed } from "./theme.js";

const RAMPS = {
  light: [
    [255, 255, 255],
    [214, 207, 232],
    [137, 117, 184],
    [72, 42, 122],
    [24, 8, 46],
  ],
  dark: [
    [17, 14, 24],
    [50, 36, 92],
    [107, 84, 170],
    [183, 162, 226],
    [255, 246, 236],
  ],
};
const SHADES = 256;

// RGBA of every shade.
function rampTable() {
  const ramp = themed(RAMPS);
  const table = new Uint8ClampedArray(SHADES * 4);
  for (let shade = 0; shade < SHADES; shade++) {
    const at = (shade / (SHADES - 1)) * (ramp.length - 1);
    const low = Math.min(ramp.length - 2, Math.floor(at));
    const share = at - low;
    for (let channel = 0; channel < 3; channel++) {
      const from = ramp[low][channel];
      const to = ramp[low + 1][channel];
      table[4 * shade + channel] = from + share * (to - from);
    }
    table[4 * shade + 3] = 255;
  }
  return table;
}

// A picture of shades [frames x bands], low bands first: time to the right, high ones above.
export function spectrogramCanvas(shades, bands) {
  const frames = shades.length / bands;
  const table = rampTable();
  const canvas = document.createElement("canvas");
  canvas.width = frames;
  canvas.height = bands;
  const image = new ImageData(frames, bands);
  for (let frame = 0; frame < frames; frame++) {
    for (let band = 0; band < bands; band++) {
      const shade = shades[frame * bands + band];
      const pixel = (bands - 1 - band) * frames + frame;
      image.data.set(table.subarray(4 * shade, 4 * shade + 4), 4 * pixel);
    }
  }
  canvas.getContext("2d").putImageData(image, 0, 0);
  return canvas;
}

// Turn the greys of a canvas into colours.
export function colourCanvas(canvas) {
  const context = canvas.getContext("2d");
  const table = rampTable();
  const image = context.getImageData(0, 0, canvas.width, canvas.height);
  for (let i = 0; i < image.data.length; i += 4) {
    const shade = image.data[i];
    image.data.set(table.subarray(4 * shade, 4 * shade + 4), i);
  }
  context.putImageData(image, 0, 0);
}
