// Put before sound.js, behind ear.js and spectrum.js: one clip that is seen, heard and walked through.
const WAVE = 30, GAP = 5, EDGE = 30, BOTTOM = 17;
const TICKS_HZ = [100, 200, 500, 1000, 2000, 4000, 8000];

// `tile` is one of demo.payloads.sound_stage, `heard` its decoded sound; `whole` is the seconds that the width stands
// for, `peak` the sample that the height of the waveform does.
function clipView(tile, heard, scale, whole, peak, root) {
  const shades = Uint8Array.from(atob(tile.sound.shades), (c) => c.charCodeAt(0));
  const view = { tile, heard, at: 0, playing: false, node: null, draw, play, toggle, seek };
  const about = `${tile.title}: ${tile.caption}`;

  const figure = make("figure", `sd-tile sd-clip sd-${tile.kind} sd-look-${tile.look} sd-motion-${tile.motion}`, undefined, { "data-clip": tile.clip });
  const head = make("div", "sd-clip-head");
  const button = make("button", "sd-hear", "▶", { type: "button", "aria-label": `Play ${about}` });
  head.append(button, make("strong", "", tile.title));
  const strip = make("div", "sd-seek", undefined, {
    role: "slider", tabindex: 0, "aria-label": about, "aria-valuemin": 0, "aria-valuemax": heard.seconds.toFixed(2),
  });
  const picture = make("canvas", "", undefined, { "aria-hidden": "true" });
  const mark = make("div", "sd-playhead");
  strip.append(picture, mark);
  const text = make("figcaption");
  const pitch = tile.sound.median === null ? "no pitch" : `median pitch ${tile.sound.median}\u00a0Hz`;
  text.append(make("span", "sd-caption", tile.caption), make("span", "sd-metric", `${pitch} · ${heard.seconds.toFixed(2)}\u00a0s`));
  if (tile.error !== null) text.append(make("span", "sd-metric", `spectrum ${tile.error.toFixed(1)}\u00a0dB from the recording's`));
  if (tile.verdict.length) text.append(verdictMarks(tile.verdict));
  text.append(make("a", "sd-wav", "WAV", { href: tile.sound.uri, download: tile.file, "aria-label": `Download ${tile.title} as WAV` }));
  figure.append(head, strip, text);
  view.node = figure;

  const left = EDGE, across = () => Math.max(1, strip.clientWidth - left - 1);
  const x = (seconds) => left + (seconds / whole) * across();

  function draw() {
    const width = strip.clientWidth, height = strip.clientHeight, dense = devicePixelRatio || 1;
    if (!width) return;
    Object.assign(picture, { width: Math.round(width * dense), height: Math.round(height * dense) });
    const pen = picture.getContext("2d");
    pen.scale(dense, dense);
    const ink = getComputedStyle(root), colour = (name) => ink.getPropertyValue(name).trim();
    const quiet = colour("--body-text-color-subdued"), look = getComputedStyle(figure).getPropertyValue("--look").trim();
    const top = WAVE + GAP, bottom = height - BOTTOM, end = x(heard.seconds);
    // The waveform: lowest and highest sample of every pixel.
    pen.fillStyle = quiet;
    for (let px = left; px < end; px++) {
      const slice = (at) => Math.floor(((at - left) / (end - left)) * heard.samples.length);
      let low = 0, high = 0;
      for (let i = slice(px); i < slice(px + 1); i++) {
        low = Math.min(low, heard.samples[i]);
        high = Math.max(high, heard.samples[i]);
      }
      const size = (v) => (v * WAVE) / 2 / peak;
      pen.fillRect(px, Math.max(0, WAVE / 2 - size(high)), 1, Math.min(WAVE, Math.max(1, size(high) - size(low))));
    }
    pen.drawImage(shadesPicture(shades, scale.bands), left, top, end - left, bottom - top);
    const y = (hz) => bottom - (Math.log(hz / scale.low) / Math.log(scale.high / scale.low)) * (bottom - top);
    pen.strokeStyle = colour("--border-color-primary");
    pen.strokeRect(left + 0.5, top + 0.5, across() - 0.5, bottom - top);
    pen.fillStyle = quiet;
    pen.font = `10px ${ink.fontFamily}`;
    pen.textAlign = "right";
    pen.textBaseline = "middle";
    for (const hz of TICKS_HZ) {
      pen.fillText(`${hz / 1000}`, left - 5, Math.max(top + 4, y(hz)));
      pen.fillRect(left - 3, Math.round(y(hz)), 3, 1);
    }
    pen.fillText("kHz", left - 5, top - 11);
    pen.textBaseline = "alphabetic";
    const step = [0.1, 0.2, 0.5, 1].find((s) => (s / whole) * across() > 34) || 1;
    for (let seconds = 0; seconds <= whole + 1e-6; seconds += step) {
      pen.textAlign = seconds ? x(seconds) > width - 12 ? "right" : "center" : "left";
      pen.fillRect(Math.round(x(seconds)), bottom, 1, 3);
      pen.fillText(seconds ? `${Number(seconds.toFixed(1))}` : "0 s", x(seconds), height - 3);
    }
    // The pitch in the colour of whose voice it is, with a rim of the paper's.
    const path = new Path2D();
    let pen_up = true;
    tile.sound.pitch.forEach((hz, i) => {
      const px = x(i * scale.hop);
      if (hz <= 0 || px > end) { pen_up = true; return; }
      if (pen_up) path.moveTo(px, y(hz)); else path.lineTo(px, y(hz));
      pen_up = false;
    });
    pen.lineJoin = pen.lineCap = "round";
    for (const [line, style] of [[5, colour("--block-background-fill")], [2.5, look]]) {
      pen.lineWidth = line;
      pen.strokeStyle = style;
      pen.stroke(path);
    }
    place();
  }

  function place() {
    mark.style.transform = `translateX(${x(view.at)}px)`;
    strip.setAttribute("aria-valuenow", view.at.toFixed(2));
    strip.setAttribute("aria-valuetext", `${view.at.toFixed(2)} of ${heard.seconds.toFixed(2)} seconds`);
    figure.dataset.at = view.at.toFixed(3);
  }
  function tick() {
    if (!view.playing) return;
    if (!figure.isConnected) { ear().stop(); return; }
    view.at = ear().position();
    place();
    requestAnimationFrame(tick);
  }
  function play(from = 0, then) {
    ear().play(heard, from, (playing, ended) => {
      view.playing = playing;
      figure.classList.toggle("sd-sounding", playing);
      button.textContent = playing ? "❚❚" : "▶";
      button.setAttribute("aria-label", `${playing ? "Pause" : "Play"} ${about}`);
      if (playing) tick();
      else if (ended) { view.at = 0; place(); then?.(); }
    });
  }
  function toggle() {
    if (view.playing) ear().stop();
    else play(view.at < heard.seconds - 0.02 ? view.at : 0);
  }
  function seek(seconds) {
    view.at = Math.min(heard.seconds, Math.max(0, seconds));
    if (view.playing) play(view.at);
    place();
  }

  button.addEventListener("click", toggle);
  strip.addEventListener("click", (event) => {
    const seconds = ((event.clientX - strip.getBoundingClientRect().left - left) / across()) * whole;
    if (seconds >= 0 && seconds < heard.seconds) play(seconds);
    else if (seconds < 0) play(0);
  });
  strip.addEventListener("keydown", (event) => {
    const moves = { ArrowLeft: view.at - 0.05, ArrowRight: view.at + 0.05, Home: 0, End: heard.seconds };
    if (event.key === " " || event.key === "Enter") toggle();
    else if (event.key in moves) seek(moves[event.key]);
    else return;
    event.preventDefault();
  });
  return view;
}

