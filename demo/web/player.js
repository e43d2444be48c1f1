// Put before scripts that play: play and pause, a scrubber and the speed in `bar`, and keys when `root` is
// focused. `show` draws a frame; nothing plays by itself for those who asked for less motion.
function player(root, show) {
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  const state = { frame: 0, frames: 0, rate: 1, speed: 1, playing: !still.matches, last: 0 };
  const bar = make("div", "sd-controls");
  const button = make("button", "sd-play", "", { type: "button" });
  const scrub = make("input", "sd-scrub", undefined, { type: "range", min: 0, step: 1, "aria-label": "Frame" });
  const count = make("output", "sd-count");
  const speed = make("select", "sd-speed", undefined, { "aria-label": "Speed" });
  for (const s of [0.25, 0.5, 1, 2]) speed.append(make("option", "", `${s}×`, { value: s }));
  speed.value = "1";
  bar.append(button, scrub, count, speed);

  function play(on) {
    state.playing = on;
    button.textContent = on ? "❚❚ Pause" : "▶ Play";
    button.setAttribute("aria-pressed", String(on));
  }
  function go(frame) {
    if (!state.frames) return;
    state.frame = ((frame % state.frames) + state.frames) % state.frames;
    scrub.value = state.frame;
    count.textContent = `${state.frame + 1} / ${state.frames}`;
    show(state.frame);
  }
  function stopAt(frame) { play(false); go(frame); }
  function load(frames, rate) {
    Object.assign(state, { frames, rate });
    scrub.max = frames - 1;
    play(state.playing);
    go(state.frame);
  }
  function tick(now) {
    if (!root.isConnected) return; // the component is gone
    if (state.playing && state.frames && root.offsetParent && now - state.last >= 1000 / (state.rate * state.speed)) {
      state.last = now;
      go(state.frame + 1);
    }
    requestAnimationFrame(tick);
  }

  button.addEventListener("click", () => play(!state.playing));
  scrub.addEventListener("input", () => stopAt(Number(scrub.value)));
  speed.addEventListener("change", () => { state.speed = Number(speed.value); });
  still.addEventListener?.("change", () => { if (still.matches) play(false); });
  root.tabIndex = 0;
  root.addEventListener("keydown", (event) => {
    if (!state.frames || event.target !== root) return;
    if (event.key === " ") play(!state.playing);
    else if (event.key === "ArrowRight") stopAt(state.frame + 1);
    else if (event.key === "ArrowLeft") stopAt(state.frame - 1);
    else return;
    event.preventDefault();
  });
  requestAnimationFrame(tick);
  return { bar, scrub, state, load, go, stopAt };
}

