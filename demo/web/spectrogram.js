// Put before scripts that draw spectrograms, behind theme.js: from shades (0 silent, 255 loudest) to colours.
// Neither orange nor blue: those are A and B.
const RAMPS = {
  light: [[255, 255, 255], [214, 207, 232], [137, 117, 184], [72, 42, 122], [24, 8, 46]],
  dark: [[17, 14, 24], [50, 36, 92], [107, 84, 170], [183, 162, 226], [255, 246, 236]],
};

function rampTable() {
  const ramp = RAMPS[dark() ? "dark" : "light"];
  const table = new Uint8ClampedArray(256 * 4);
  for (let shade = 0; shade < 256; shade++) {
    const at = (shade / 255) * (ramp.length - 1), low = Math.min(ramp.length - 2, Math.floor(at));
    for (let c = 0; c < 3; c++) table[4 * shade + c] = ramp[low][c] + (at - low) * (ramp[low + 1][c] - ramp[low][c]);
    table[4 * shade + 3] = 255;
  }
  return table;
}

// A picture of shades [frames x bands], low bands first: time to the right, high ones above.
function shadesPicture(shades, bands) {
  const frames = shades.length / bands, table = rampTable();
  const canvas = document.createElement("canvas");
  Object.assign(canvas, { width: frames, height: bands });
  const image = new ImageData(frames, bands);
  for (let t = 0; t < frames; t++) {
    for (let f = 0; f < bands; f++) {
      const shade = shades[t * bands + f];
      image.data.set(table.subarray(4 * shade, 4 * shade + 4), 4 * ((bands - 1 - f) * frames + t));
    }
  }
  canvas.getContext("2d").putImageData(image, 0, 0);
  return canvas;
}

// What is on a canvas in grey, in colours.
function colourise(canvas) {
  const context = canvas.getContext("2d"), table = rampTable();
  const image = context.getImageData(0, 0, canvas.width, canvas.height);
  for (let i = 0; i < image.data.length; i += 4) {
    const shade = image.data[i];
    image.data.set(table.subarray(4 * shade, 4 * shade + 4), i);
  }
  context.putImageData(image, 0, 0);
}

