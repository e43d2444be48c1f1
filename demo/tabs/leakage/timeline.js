// Leakage over time: the pair's frames above the bits that the dynamic code of each step tells, one scrubber.
const root = element.querySelector(".sd-timeline");
const LEFT = 34, RIGHT = 10, HEIGHT = 230, BOTTOM = 20, TOP = 22;
// Neither orange nor blue: those are A and B.
const INKS = {
  light: ["#882255", "#117733", "#8f7a14", "#AA4499", "#1f8a7c", "#332288", "#6b6b12"],
  dark: ["#FFAABB", "#44BB99", "#EEDD88", "#CC99EE", "#BBCC33", "#DDDDDD", "#AAAA00"],
};
const DASHES = ["", "7 4", "2 3", "10 3 2 3"];
const state = { curves: null, shown: new Set(), clips: null, sheet: null };

const title = make("h3", "", "Leakage over time");
const lead = make("p", "sd-note", "What the dynamic code of one step alone (of sequences of different lengths: of an eighth of one) tells, in bits; the band is the 95 % interval, the dashed line is all there is to know.");
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
root.append(title, lead, chips, body);
const play = player(root, show);
root.append(play.bar, readout);

const views = ["A", "B"].map((side) => {
  const figure = make("figure", `sd-actor sd-look-${side}`);
  const picture = make("canvas", "sd-pixels", undefined, { role: "img" });
  const caption = make("figcaption");
  figure.append(picture, caption);
  actors.append(figure);
  const film = make("canvas", `sd-pixels sd-look-${side}`, undefined, { role: "img", "aria-label": `All frames of ${side}` });
  films.append(film);
  return { side, picture, caption, film };
});

const colour = (name) => {
  const inks = INKS[dark() ? "dark" : "light"];
  return inks[state.curves.factors.findIndex((f) => f.name === name) % inks.length];
};
const shown = () => state.curves.factors.filter((f) => state.shown.has(f.name) && f.bits.length);

function buildChips() {
  chips.replaceChildren();
  for (const [kind, words] of [["static", "does not belong here"], ["dynamic", "belongs here"]]) {
    const mine = state.curves.factors.filter((f) => f.kind === kind);
    if (!mine.length) continue;
    const group = make("span", "sd-factor-group");
    group.append(make("span", "sd-hint", words));
    for (const factor of mine) {
      const chip = make("button", "sd-factor", undefined, { type: "button", "data-factor": factor.name });
      const swatch = make("span", "sd-swatch");
      swatch.style.background = colour(factor.name);
      chip.append(swatch, make("span", "", factor.name));
      chip.disabled = !factor.bits.length;
      if (factor.why) chip.title = `not measurable: ${factor.why}`;
      chip.setAttribute("aria-pressed", String(state.shown.has(factor.name)));
      chip.addEventListener("click", () => {
        if (!state.shown.delete(factor.name)) state.shown.add(factor.name);
        chip.setAttribute("aria-pressed", String(state.shown.has(factor.name)));
        drawCurve();
        say();
      });
      group.append(chip);
    }
    chips.append(group);
  }
}

function drawCurve() {
  const width = Math.floor(track.clientWidth);
  plot.replaceChildren();
  if (!state.curves || width < 80) return;
  plot.setAttribute("width", width);
  const factors = shown();
  const steps = Math.max(1, ...state.curves.factors.map((f) => f.bits.length));
  const most = Math.max(1, ...factors.map((f) => f.entropy ?? 0), ...factors.flatMap((f) => f.bits.map((b) => b[2])));
  const x = (step) => LEFT + ((step + 0.5) / steps) * (width - LEFT - RIGHT);
  const y = (bits) => TOP + (1 - bits / most) * (HEIGHT - TOP - BOTTOM);
  for (let bits = 0; bits <= most; bits++) {
    plot.append(
      makeSvg("line", "sd-rule", undefined, { x1: LEFT, x2: width - RIGHT, y1: y(bits), y2: y(bits) }),
      makeSvg("text", "sd-tick", `${bits}`, { x: LEFT - 7, y: y(bits) + 4, "text-anchor": "end" }),
    );
  }
  plot.append(makeSvg("text", "sd-tick", "bits", { x: 2, y: TOP - 5 }));
  for (let step = 0; step < steps; step++) {
    const name = state.clips?.parts ? `${step + 1}/${steps}` : `${step + 1}`;
    plot.append(makeSvg("text", "sd-tick", name, { x: x(step), y: HEIGHT - 5, "text-anchor": "middle" }));
  }
  // Factors of the same entropy share its line.
  const wholes = new Map();
  for (const f of factors) {
    if (f.entropy) wholes.set(f.entropy.toFixed(2), [...(wholes.get(f.entropy.toFixed(2)) || []), f]);
  }
  for (const [bits, those] of wholes) {
    const at = y(those[0].entropy);
    plot.append(
      makeSvg("line", "sd-entropy", undefined, { x1: LEFT, x2: width - RIGHT, y1: at, y2: at }),
      makeSvg("text", "sd-tick sd-entropy-name", `all of ${those.map((f) => f.name).join(", ")}: ${bits}`, { x: width - RIGHT, y: at - 4, "text-anchor": "end" }),
    );
  }
  factors.forEach((factor, i) => {
    const along = (pick) => factor.bits.map((b, step) => `${x(step)},${y(b[pick])}`);
    const ink = colour(factor.name);
    plot.append(
      makeSvg("polygon", "sd-band", undefined, { points: [...along(1), ...along(2).reverse()].join(" "), fill: ink }),
      makeSvg("polyline", "sd-line", undefined, { points: along(0).join(" "), stroke: ink, "stroke-dasharray": DASHES[i % DASHES.length] }),
    );
    factor.bits.forEach((b, step) => plot.append(
      makeSvg("circle", "sd-point", undefined, { cx: x(step), cy: y(b[0]), r: 3.5, fill: ink, "data-step": step, "data-factor": factor.name })));
  });
  plot.setAttribute("aria-label", `Curves of ${factors.map((f) => f.name).join(", ") || "no factor"}; the table below has their numbers`);
}

function place(frame) {
  const wide = (track.clientWidth - LEFT - RIGHT) / (state.clips?.frames || 1);
  mark.style.left = `${LEFT + frame * wide}px`;
  mark.style.width = `${wide}px`;
}

function say() {
  if (!state.curves || !state.clips) return;
  const steps = Math.max(1, ...state.curves.factors.map((f) => f.bits.length));
  const step = Math.floor((play.state.frame * steps) / state.clips.frames);
  const said = shown().map((f) => {
    const [value, low, high] = f.bits[step].map((b) => (b === null ? "–" : b.toFixed(2)));
    return `${f.name} ${value} [${low}, ${high}]${f.entropy ? ` of ${f.entropy.toFixed(2)}` : ""} bits`;
  });
  const whole = state.clips.sound ? "utterance" : state.clips.one;
  const where = state.clips.parts ? `Part ${step + 1} of ${steps} of the ${whole}` : `Step ${step + 1}`;
  readout.textContent = `${where}: ${said.join(" · ") || "choose a factor"}`;
  play.scrub.setAttribute("aria-valuetext", readout.textContent);
  for (const point of plot.querySelectorAll(".sd-point")) {
    point.classList.toggle("sd-now", Number(point.dataset.step) === step);
  }
}

function show(frame) {
  if (!state.sheet || !state.clips) return;
  const [width, height] = state.clips.cell;
  views.forEach(({ picture }, row) => {
    picture.getContext("2d").drawImage(state.sheet, frame * width, row * height, width, height, 0, 0, width, height);
  });
  place(frame);
  say();
  root.dataset.frame = frame;
}

function gotCurves() {
  state.curves = props.value ? JSON.parse(props.value) : null;
  root.hidden = !state.curves;
  if (!state.curves) return;
  state.shown = new Set(state.curves.shown);
  buildChips();
  drawCurve();
  say();
  root.dataset.key = state.curves.key;
}

// Spectrograms and plots come in grey.
function tinted(picture, clips) {
  if (!clips.grey) return picture;
  const sheet = make("canvas", "", undefined, { width: picture.width, height: picture.height });
  sheet.getContext("2d").drawImage(picture, 0, 0);
  colourise(sheet);
  return sheet;
}

function gotClips() {
  const sent = props.clips;
  if (!sent) return;
  const picture = new Image();
  picture.onload = () => {
    if (picture.src !== props.clips?.sheet) return; // a newer pair has come meanwhile
    const clips = state.clips = JSON.parse(JSON.stringify(props.clips));
    state.sheet = tinted(picture, clips);
    root.classList.toggle("sd-parts", Boolean(clips.grey));
    const [width, height] = clips.cell;
    views.forEach(({ side, picture, caption, film }, row) => {
      Object.assign(picture, { width, height });
      Object.assign(film, { width: width * clips.frames, height });
      picture.setAttribute("aria-label", `${side}: ${clips.captions[row]}`);
      caption.replaceChildren(make("span", "sd-dot", side), make("span", "", clips.captions[row]));
      if (clips.sound) {
        const button = make("button", "sd-hear", "▶", { type: "button", "aria-label": `Hear ${side}: ${clips.captions[row]}` });
        button.addEventListener("click", () => hear(server, clips.checkpoint, clips.pair[row], picture.parentNode));
        caption.append(button);
      }
      film.getContext("2d").drawImage(state.sheet, 0, row * height, film.width, height, 0, 0, film.width, height);
    });
    play.load(clips.frames, clips.rate);
    drawCurve();
    root.dataset.pair = clips.pair.join(",");
  };
  picture.src = sent.sheet;
}

track.addEventListener("click", (event) => {
  const at = event.clientX - track.getBoundingClientRect().left - LEFT;
  const wide = track.clientWidth - LEFT - RIGHT;
  if (state.clips && at >= 0 && at < wide) play.stopAt(Math.floor((at / wide) * state.clips.frames));
});
new ResizeObserver(() => { drawCurve(); place(play.state.frame); say(); }).observe(track);
watch("value", gotCurves);
watch("clips", gotClips);
gotCurves();
gotClips();
onTheme(root, () => {
  if (state.curves) { buildChips(); drawCurve(); say(); }
  if (state.clips?.grey) gotClips();
});
