// Leakage over time: the pair's frames above the information in the dynamic code of each step, one scrubber.
import { playRecording } from "../../web/audio.js";
import { make, makeButton, makeSvg } from "../../web/dom.js";
import { player } from "../../web/player.js";
import { colourCanvas } from "../../web/spectrogram.js";
import { onTheme } from "../../web/theme.js";
import { HEIGHT, LEFT, RIGHT, drawCurves, inkOf, stepsOf } from "./curves.js";

const LEAD =
  "Information in the dynamic code of one step alone, in bits. Where recordings differ in length, each is cut into 8 parts. " +
  "The band is the 95 % interval, the dashed line the maximum (entropy).";
const GROUPS = { static: "leak", dynamic: "expected here" };

// Spectrograms and plots come in grey.
function tinted(picture, clips) {
  if (!clips.grey) return picture;
  const sheet = make("canvas", "", undefined, { width: picture.width, height: picture.height });
  sheet.getContext("2d").drawImage(picture, 0, 0);
  colourCanvas(sheet);
  return sheet;
}

export function mount({ element, props, watch, server }) {
  const root = element.querySelector(".sd-timeline");
  const state = { curves: null, shown: new Set(), clips: null, sheet: null };

  const chips = make("div", "sd-factors", undefined, { role: "group", "aria-label": "Factors on the curve" });
  const body = make("div", "sd-time");
  const actors = make("div", "sd-actors");
  const track = make("div", "sd-track");
  const films = make("div", "sd-films");
  const plot = makeSvg("svg", "sd-curve", undefined, { role: "img", height: HEIGHT });
  const mark = make("div", "sd-step");
  const readout = make("p", "sd-readout");
  films.style.padding = `0 ${RIGHT}px 0 ${LEFT}px`;
  track.append(mark, films, plot);
  body.append(actors, track);
  root.append(make("h3", "", "Leakage over time"), make("p", "sd-note", LEAD), chips, body);
  const play = player(root, show);
  root.append(play.bar, readout);
  const views = ["A", "B"].map(addView);

  function addView(side) {
    const figure = make("figure", `sd-actor sd-look-${side}`);
    const picture = make("canvas", "sd-pixels", undefined, { role: "img" });
    const caption = make("figcaption");
    const label = { role: "img", "aria-label": `All frames of ${side}` };
    const film = make("canvas", `sd-pixels sd-look-${side}`, undefined, label);
    figure.append(picture, caption);
    actors.append(figure);
    films.append(film);
    return { side, figure, picture, caption, film };
  }

  function shownFactors() {
    return state.curves.factors.filter((factor) => state.shown.has(factor.name) && factor.bits.length);
  }

  function buildChips() {
    chips.replaceChildren();
    for (const [kind, text] of Object.entries(GROUPS)) {
      const factors = state.curves.factors.filter((factor) => factor.kind === kind);
      if (!factors.length) continue;
      const group = make("span", "sd-factor-group");
      group.append(make("span", "sd-hint", text), ...factors.map(factorChip));
      chips.append(group);
    }
  }

  function factorChip(factor) {
    const chip = makeButton("sd-factor", undefined, toggle, { "data-factor": factor.name });
    const swatch = make("span", "sd-swatch");
    swatch.style.background = inkOf(state.curves.factors, factor.name);
    chip.append(swatch, make("span", "", factor.name));
    chip.disabled = !factor.bits.length;
    if (factor.why) chip.title = `not measurable: ${factor.why}`;
    chip.setAttribute("aria-pressed", String(state.shown.has(factor.name)));

    function toggle() {
      const wasShown = state.shown.delete(factor.name);
      if (!wasShown) state.shown.add(factor.name);
      chip.setAttribute("aria-pressed", String(!wasShown));
      drawCurve();
      describeStep();
    }

    return chip;
  }

  function drawCurve() {
    if (!state.curves) return;
    drawCurves(plot, {
      factors: state.curves.factors,
      shown: shownFactors(),
      width: Math.floor(track.clientWidth),
      hasParts: Boolean(state.clips?.parts),
    });
  }

  function place(frame) {
    const wide = (track.clientWidth - LEFT - RIGHT) / (state.clips?.frames || 1);
    mark.style.left = `${LEFT + frame * wide}px`;
    mark.style.width = `${wide}px`;
  }

  function bitsWords(factor, step) {
    const [value, low, high] = factor.bits[step].map((bits) => (bits === null ? "–" : bits.toFixed(2)));
    const maximum = factor.entropy ? ` of ${factor.entropy.toFixed(2)}` : "";
    return `${factor.name} ${value} [${low}, ${high}]${maximum} bits`;
  }

  function describeStep() {
    if (!state.curves || !state.clips) return;
    const steps = stepsOf(state.curves.factors);
    const step = Math.floor((play.state.frame * steps) / state.clips.frames);
    const bits = shownFactors().map((factor) => bitsWords(factor, step));
    const noun = state.clips.sound ? "utterance" : state.clips.one;
    const where = state.clips.parts ? `Part ${step + 1} of ${steps} of the ${noun}` : `Step ${step + 1}`;
    readout.textContent = `${where}: ${bits.join(" · ") || "choose a factor"}`;
    play.scrub.setAttribute("aria-valuetext", readout.textContent);
    for (const point of plot.querySelectorAll(".sd-point")) {
      point.classList.toggle("sd-now", Number(point.dataset.step) === step);
    }
  }

  function show(frame) {
    if (!state.sheet || !state.clips) return;
    const [width, height] = state.clips.cell;
    views.forEach(({ picture }, row) => {
      const pen = picture.getContext("2d");
      pen.drawImage(state.sheet, frame * width, row * height, width, height, 0, 0, width, height);
    });
    place(frame);
    describeStep();
    root.dataset.frame = frame;
  }

  function updateCurves() {
    state.curves = props.value ? JSON.parse(props.value) : null;
    root.hidden = !state.curves;
    if (!state.curves) return;
    state.shown = new Set(state.curves.shown);
    buildChips();
    drawCurve();
    describeStep();
    root.dataset.key = state.curves.key;
  }

  function updateView({ side, figure, picture, caption, film }, row) {
    const { clips, sheet } = state;
    const [width, height] = clips.cell;
    const text = clips.captions[row];
    Object.assign(picture, { width, height });
    Object.assign(film, { width: width * clips.frames, height });
    picture.setAttribute("aria-label", `${side}: ${text}`);
    caption.replaceChildren(make("span", "sd-dot", side), make("span", "", text));
    if (clips.sound) {
      const hear = () => playRecording(server, clips.checkpoint, clips.pair[row], figure);
      caption.append(makeButton("sd-hear", "▶", hear, { "aria-label": `Hear ${side}: ${text}` }));
    }
    const pen = film.getContext("2d");
    pen.drawImage(sheet, 0, row * height, film.width, height, 0, 0, film.width, height);
  }

  function updateClips() {
    const sent = props.clips;
    if (!sent) return;
    const picture = new Image();
    picture.onload = () => {
      if (picture.src !== props.clips?.sheet) return; // a newer pair has come
      state.clips = JSON.parse(JSON.stringify(props.clips)); // the page watches what it holds
      state.sheet = tinted(picture, state.clips);
      root.classList.toggle("sd-parts", Boolean(state.clips.grey));
      views.forEach(updateView);
      play.load(state.clips.frames, state.clips.rate);
      drawCurve();
      root.dataset.pair = state.clips.pair.join(",");
    };
    picture.src = sent.sheet;
  }

  track.addEventListener("click", (event) => {
    const x = event.clientX - track.getBoundingClientRect().left - LEFT;
    const width = track.clientWidth - LEFT - RIGHT;
    const isInside = x >= 0 && x < width;
    if (state.clips && isInside) play.stopAt(Math.floor((x / width) * state.clips.frames));
  });
  new ResizeObserver(() => {
    drawCurve();
    place(play.state.frame);
    describeStep();
  }).observe(track);
  watch("value", updateCurves);
  watch("clips", updateClips);
  updateCurves();
  updateClips();
  onTheme(root, () => {
    if (state.curves) {
      buildChips();
      drawCurve();
      describeStep();
    }
    if (state.clips?.grey) updateClips();
  });
}
