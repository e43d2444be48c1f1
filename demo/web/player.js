// Play and pause, a scrubber and the speed in `bar`, and keys when `root` is focused. `show` draws a frame; nothing plays
// by itself for those who asked for less motion.
import { make, makeButton } from "./dom.js";

const SPEEDS = [0.25, 0.5, 1, 2];

export function player(root, show) {
  const reducedMotion = matchMedia("(prefers-reduced-motion: reduce)");
  const state = { frame: 0, frames: 0, rate: 1, speed: 1, playing: !reducedMotion.matches, last: 0 };
  const bar = make("div", "sd-controls");
  const button = makeButton("sd-play", "▶ Play", () => play(!state.playing));
  const scrub = make("input", "sd-scrub", undefined, { type: "range", min: 0, step: 1, "aria-label": "Frame" });
  const count = make("output", "sd-count");
  const speed = make("select", "sd-speed", undefined, { "aria-label": "Speed" });
  for (const factor of SPEEDS) speed.append(make("option", "", `${factor}×`, { value: factor }));
  speed.value = "1";
  bar.append(button, scrub, count, speed);

  function play(on) {
    state.playing = on;
    button.textContent = on ? "❚❚ Pause" : "▶ Play";
    button.setAttribute("aria-pressed", String(on));
  }

  function go(frame) {
    if (!state.frames) return;
    const remainder = frame % state.frames;
    state.frame = remainder < 0 ? remainder + state.frames : remainder;
    scrub.value = state.frame;
    count.textContent = `${state.frame + 1} / ${state.frames}`;
    show(state.frame);
  }

  function stopAt(frame) {
    play(false);
    go(frame);
  }

  function load(frames, rate) {
    state.frames = frames;
    state.rate = rate;
    scrub.max = frames - 1;
    play(state.playing);
    go(state.frame);
  }

  function isDue(now) {
    const isVisible = state.frames && root.offsetParent;
    return state.playing && isVisible && now - state.last >= 1000 / (state.rate * state.speed);
  }

  function tick(now) {
    if (!root.isConnected) return; // the component is gone
    if (isDue(now)) {
      state.last = now;
      go(state.frame + 1);
    }
    requestAnimationFrame(tick);
  }

  function onKey(event) {
    if (!state.frames || event.target !== root) return;
    if (event.key === " ") play(!state.playing);
    else if (event.key === "ArrowRight") stopAt(state.frame + 1);
    else if (event.key === "ArrowLeft") stopAt(state.frame - 1);
    else return;
    event.preventDefault();
  }

  scrub.addEventListener("input", () => stopAt(Number(scrub.value)));
  speed.addEventListener("change", () => {
    state.speed = Number(speed.value);
  });
  reducedMotion.addEventListener?.("change", () => {
    if (reducedMotion.matches) play(false);
  });
  root.tabIndex = 0;
  root.addEventListener("keydown", onKey);
  requestAnimationFrame(tick);
  return { bar, scrub, state, load, go, stopAt };
}
