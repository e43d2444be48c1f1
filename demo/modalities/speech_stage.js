// The stage of speech: six clips of a swap, or a recording alone, seen and heard one at a time.
import { audio, decodeWav, peakOf } from "../web/audio.js";
import { make, makeButton } from "../web/dom.js";
import { judgeNote } from "../web/judge.js";
import { isDark, onTheme, onWidth } from "../web/theme.js";
import { clipView } from "./speech_clip.js";
import { headings, receiver } from "./stage.js";

// A, then what was generated with A's voice; B, then what was generated with B's.
const TURNS = [0, 2, 3, 1, 5, 4];
const PAUSE_MS = 300;
const PLAY_ALL = "▶ Play all in turn";
const STOP = "■ Stop";

export function mount({ element, props, watch }) {
  const root = element.querySelector(".sd-stage");
  const state = { message: null, views: [], queue: [], inTurn: false, timer: 0 };
  const all = makeButton("sd-play sd-in-turn", PLAY_ALL, toggleTurns);
  const bar = make("div", "sd-controls");
  bar.append(all, make("span", "sd-note", "All six are levelled to the same loudness."));

  function playNext() {
    const next = state.queue.shift();
    if (next === undefined || !root.isConnected) {
      stopTurns();
      return;
    }
    const view = state.views.find((one) => one.tile.clip === next);
    view.play(0, () => {
      state.timer = setTimeout(playNext, PAUSE_MS);
    });
  }

  function stopTurns() {
    clearTimeout(state.timer);
    state.queue = [];
    state.inTurn = false;
    all.textContent = PLAY_ALL;
  }

  function toggleTurns() {
    if (state.inTurn) {
      stopTurns();
      audio.stop();
      return;
    }
    state.queue = [...TURNS];
    state.inTurn = true;
    all.textContent = STOP;
    playNext();
  }

  function silence() {
    if (state.views.some((view) => view.playing)) audio.stop();
    stopTurns();
  }

  function build(message) {
    silence();
    state.message = message;
    const sounds = message.tiles.map((tile) => decodeWav(tile.sound.uri));
    const longest = Math.max(...sounds.map((sound) => sound.seconds));
    const peak = peakOf(sounds);
    state.views = message.tiles.map((tile, i) => clipView(tile, sounds[i], message.scale, longest, peak, root));
    const isSwap = message.tiles.length > 1;
    const grid = make("div", isSwap ? "sd-grid sd-sound-grid" : "sd-alone");
    if (isSwap) grid.append(...headings(message.motion));
    for (const view of state.views) {
      // Whoever plays one clip does not want the next one too.
      view.node.addEventListener("click", stopTurns, true);
      view.node.addEventListener("keydown", stopTurns, true);
      grid.append(view.node);
    }
    root.replaceChildren(...(isSwap ? [bar] : []), grid);
    if (message.judge !== null) root.append(judgeNote(message.judge));
    root.append(make("p", "sd-note", explanation(message, isSwap)));
    draw();
  }

  function explanation(message, isSwap) {
    const dark = `dark where it is ${isDark() ? "quiet" : "loud"}`;
    const picture = isSwap
      ? `Each picture: the waveform; the spectrogram, ${dark}; on it the pitch, in the colour of whose voice it should be.`
      : `The picture: the waveform; the spectrogram, ${dark}; on it the pitch.`;
    const sentences = [picture, "Frequencies are in kHz, an octave a step."];
    if (message.bandwidth) sentences.push(`The recordings end at ${message.bandwidth / 1000} kHz.`);
    sentences.push("Click a picture to hear it from there; space plays, arrows step.");
    return sentences.join(" ");
  }

  function draw() {
    for (const view of state.views) view.draw();
  }

  function clear() {
    silence();
    Object.assign(state, { message: null, views: [] });
  }

  receiver({ root, props, watch }, build, clear);
  onTheme(root, () => {
    if (state.message) build(state.message);
  });
  onWidth(root, draw);
}
