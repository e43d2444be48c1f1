// One clip of speech: its waveform, spectrogram and pitch, played from anywhere.
import { audio } from "../web/audio.js";
import { clamp, make, makeButton } from "../web/dom.js";
import { verdictMarks } from "../web/judge.js";
import { spectrogramCanvas } from "../web/spectrogram.js";
import { tileClass } from "./stage.js";

// Pixels: of the waveform, below it, left of the picture, and below it.
const WAVE = 30;
const GAP = 5;
export const EDGE = 30;
const BOTTOM = 17;
const TICKS_HZ = [100, 200, 500, 1000, 2000, 4000, 8000];
const TIME_STEPS = [0.1, 0.2, 0.5, 1]; // seconds between marks
const CLOSEST_MARKS = 34; // pixels
const SEEK_SECONDS = 0.05;

// `tile` is one of demo.modalities.speech, `sound` its decoded sound; `longest` is the seconds that the width stands for,
// `peak` the sample that the height of the waveform stands for.
export function clipView(tile, sound, scale, longest, peak, root) {
  const shades = Uint8Array.from(atob(tile.sound.shades), (character) => character.charCodeAt(0));
  const view = { tile, sound, at: 0, playing: false, node: null, draw, play, toggle, seek };
  const about = `${tile.title}: ${tile.caption}`;

  const figure = make("figure", `${tileClass(tile)} sd-clip`, undefined, { "data-clip": tile.clip });
  const head = make("div", "sd-clip-head");
  const button = makeButton("sd-hear", "▶", toggle, { "aria-label": `Play ${about}` });
  head.append(button, make("strong", "", tile.title));
  const strip = make("div", "sd-seek", undefined, {
    role: "slider",
    tabindex: 0,
    "aria-label": about,
    "aria-valuemin": 0,
    "aria-valuemax": sound.seconds.toFixed(2),
  });
  const picture = make("canvas", "", undefined, { "aria-hidden": "true" });
  const mark = make("div", "sd-playhead");
  strip.append(picture, mark);
  figure.append(head, strip, caption());
  view.node = figure;

  function caption() {
    const node = make("figcaption");
    const { median } = tile.sound;
    const pitch = median === null ? "no pitch" : `median pitch ${median}\u00a0Hz`;
    const seconds = `${sound.seconds.toFixed(2)}\u00a0s`;
    node.append(make("span", "sd-caption", tile.caption));
    node.append(make("span", "sd-metric", `${pitch} · ${seconds}`));
    if (tile.quality !== null) {
      const error = `spectrum ${tile.quality.toFixed(1)}\u00a0dB from the recording's`;
      node.append(make("span", "sd-metric", error));
    }
    if (tile.verdict.length) node.append(verdictMarks(tile.verdict));
    const link = { href: tile.sound.uri, download: tile.file, "aria-label": `Download ${tile.title} as WAV` };
    node.append(make("a", "sd-wav", "WAV", link));
    return node;
  }

  const across = () => Math.max(1, strip.clientWidth - EDGE - 1);
  const xOf = (seconds) => EDGE + (seconds / longest) * across();

  function draw() {
    const width = strip.clientWidth;
    const height = strip.clientHeight;
    if (!width) return;
    const density = devicePixelRatio || 1;
    picture.width = Math.round(width * density);
    picture.height = Math.round(height * density);
    const pen = picture.getContext("2d");
    pen.scale(density, density);
    const style = getComputedStyle(root);
    const colour = (name) => style.getPropertyValue(name).trim();
    const box = { top: WAVE + GAP, bottom: height - BOTTOM, width, height, end: xOf(sound.seconds) };
    const octaves = Math.log(scale.high / scale.low);
    const yOf = (hz) => box.bottom - (Math.log(hz / scale.low) / octaves) * (box.bottom - box.top);
    const quiet = colour("--body-text-color-subdued");
    drawWaveform(pen, box, quiet);
    const spectrogram = spectrogramCanvas(shades, scale.bands);
    pen.drawImage(spectrogram, EDGE, box.top, box.end - EDGE, box.bottom - box.top);
    pen.strokeStyle = colour("--border-color-primary");
    pen.strokeRect(EDGE + 0.5, box.top + 0.5, across() - 0.5, box.bottom - box.top);
    pen.fillStyle = quiet;
    pen.font = `10px ${style.fontFamily}`;
    drawFrequencies(pen, box, yOf);
    drawTimes(pen, box);
    drawPitch(pen, box, yOf, colour("--block-background-fill"));
    place();
  }

  // The lowest and highest sample of every pixel.
  function drawWaveform(pen, box, colour) {
    pen.fillStyle = colour;
    const sampleAt = (x) => Math.floor(((x - EDGE) / (box.end - EDGE)) * sound.samples.length);
    const sizeOf = (value) => (value * WAVE) / 2 / peak;
    for (let x = EDGE; x < box.end; x++) {
      let low = 0;
      let high = 0;
      for (let i = sampleAt(x); i < sampleAt(x + 1); i++) {
        low = Math.min(low, sound.samples[i]);
        high = Math.max(high, sound.samples[i]);
      }
      const top = Math.max(0, WAVE / 2 - sizeOf(high));
      pen.fillRect(x, top, 1, clamp(sizeOf(high) - sizeOf(low), 1, WAVE));
    }
  }

  function drawFrequencies(pen, box, yOf) {
    pen.textAlign = "right";
    pen.textBaseline = "middle";
    for (const hz of TICKS_HZ) {
      pen.fillText(`${hz / 1000}`, EDGE - 5, Math.max(box.top + 4, yOf(hz)));
      pen.fillRect(EDGE - 3, Math.round(yOf(hz)), 3, 1);
    }
    pen.fillText("kHz", EDGE - 5, box.top - 11);
  }

  function drawTimes(pen, box) {
    pen.textBaseline = "alphabetic";
    const step = TIME_STEPS.find((one) => (one / longest) * across() > CLOSEST_MARKS) || 1;
    for (let seconds = 0; seconds <= longest + 1e-6; seconds += step) {
      const x = xOf(seconds);
      pen.textAlign = "center";
      if (seconds === 0) pen.textAlign = "left";
      else if (x > box.width - 12) pen.textAlign = "right";
      pen.fillRect(Math.round(x), box.bottom, 1, 3);
      pen.fillText(seconds ? `${Number(seconds.toFixed(1))}` : "0 s", x, box.height - 3);
    }
  }

  // In the colour of whose voice it is, with a rim in that of the paper.
  function drawPitch(pen, box, yOf, paper) {
    const path = new Path2D();
    let joined = false;
    tile.sound.pitch.forEach((hz, i) => {
      const x = xOf(i * scale.hop);
      const isVoiced = hz > 0 && x <= box.end;
      if (isVoiced && joined) path.lineTo(x, yOf(hz));
      else if (isVoiced) path.moveTo(x, yOf(hz));
      joined = isVoiced;
    });
    pen.lineJoin = "round";
    pen.lineCap = "round";
    pen.lineWidth = 5;
    pen.strokeStyle = paper;
    pen.stroke(path);
    pen.lineWidth = 2.5;
    pen.strokeStyle = getComputedStyle(figure).getPropertyValue("--look").trim();
    pen.stroke(path);
  }

  function place() {
    mark.style.transform = `translateX(${xOf(view.at)}px)`;
    strip.setAttribute("aria-valuenow", view.at.toFixed(2));
    strip.setAttribute("aria-valuetext", `${view.at.toFixed(2)} of ${sound.seconds.toFixed(2)} seconds`);
    figure.dataset.at = view.at.toFixed(3);
  }

  function tick() {
    if (!view.playing) return;
    if (!figure.isConnected) {
      audio.stop();
      return;
    }
    view.at = audio.position();
    place();
    requestAnimationFrame(tick);
  }

  function play(from = 0, then = undefined) {
    audio.play(sound, from, (playing, ended) => {
      view.playing = playing;
      figure.classList.toggle("sd-sounding", playing);
      button.textContent = playing ? "❚❚" : "▶";
      button.setAttribute("aria-label", `${playing ? "Pause" : "Play"} ${about}`);
      if (playing) tick();
      if (!ended) return;
      view.at = 0;
      place();
      then?.();
    });
  }

  function toggle() {
    const isAtEnd = view.at >= sound.seconds - 0.02;
    if (view.playing) audio.stop();
    else play(isAtEnd ? 0 : view.at);
  }

  function seek(seconds) {
    view.at = clamp(seconds, 0, sound.seconds);
    if (view.playing) play(view.at);
    place();
  }

  strip.addEventListener("click", (event) => {
    const x = event.clientX - strip.getBoundingClientRect().left - EDGE;
    const seconds = (x / across()) * longest;
    if (seconds < sound.seconds) play(Math.max(0, seconds));
  });
  strip.addEventListener("keydown", (event) => {
    const moves = {
      ArrowLeft: view.at - SEEK_SECONDS,
      ArrowRight: view.at + SEEK_SECONDS,
      Home: 0,
      End: sound.seconds,
    };
    if (event.key === " " || event.key === "Enter") toggle();
    else if (event.key in moves) seek(moves[event.key]);
    else return;
    event.preventDefault();
  });
  return view;
}
