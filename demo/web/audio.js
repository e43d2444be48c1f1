// Sound: one player for the full page, so that one clip at a time is heard. Nothing sounds before a click or a key.

const WAV_HEADER = 12; // bytes before the first chunk
const INT16 = 32768;

// The samples of a WAV file (16 bits, mono) in a data: address.
export function decodeWav(uri) {
  const content = atob(uri.slice(uri.indexOf(",") + 1));
  const bytes = Uint8Array.from(content, (character) => character.charCodeAt(0));
  const view = new DataView(bytes.buffer);
  let rate = 0;
  for (let at = WAV_HEADER; at + 8 <= bytes.length;) {
    const name = String.fromCharCode(...bytes.subarray(at, at + 4));
    const size = view.getUint32(at + 4, true);
    if (name === "fmt ") rate = view.getUint32(at + 12, true);
    if (name === "data") {
      const values = new Int16Array(bytes.buffer.slice(at + 8, at + 8 + size));
      const samples = Float32Array.from(values, (value) => value / INT16);
      return { rate, samples, seconds: samples.length / rate };
    }
    at += 8 + size + (size % 2);
  }
  throw new Error("not a WAV file");
}

// The largest absolute sample of some decoded clips.
export function peakOf(clips) {
  let peak = 1e-3;
  for (const { samples } of clips) {
    for (const sample of samples) peak = Math.max(peak, Math.abs(sample));
  }
  return peak;
}

const state = { context: null, current: null };

function context() {
  state.context ??= new AudioContext();
  if (navigator.audioSession) navigator.audioSession.type = "playback"; // else a phone's mute switch silences it
  state.context.resume();
  return state.context;
}

export const audio = {
  // Plays a decoded clip from `from` seconds. `changed(playing, ended)` is called when it starts and stops.
  play(clip, from, changed) {
    audio.stop();
    const output = context();
    const buffer = output.createBuffer(1, clip.samples.length, clip.rate);
    buffer.copyToChannel(clip.samples, 0);
    const source = output.createBufferSource();
    source.buffer = buffer;
    source.connect(output.destination);
    const current = { clip, source, from, since: output.currentTime, changed };
    source.onended = () => {
      if (state.current === current) audio.stop(true);
    };
    state.current = current;
    source.start(0, from);
    changed(true, false);
  },

  stop(ended = false) {
    const { current } = state;
    if (!current) return;
    state.current = null;
    current.source.onended = null;
    current.source.stop();
    current.changed(false, ended);
  },

  // Seconds into the clip that is playing.
  position() {
    const { current } = state;
    if (!current) return 0;
    const elapsed = state.context.currentTime - current.since;
    return Math.min(current.clip.seconds, current.from + elapsed);
  },

  isPlaying(clip) {
    return state.current?.clip === clip;
  },

  isRunning() {
    return state.context?.state === "running";
  },
};
// What is heard cannot be seen: this is where tests of the page find out.
window.sdAudio = audio;

// A recording of the test split, asked for once. `server.hear` is demo.web.components.hear.
const recordings = new Map();

function recording(server, checkpoint, index) {
  const key = `${checkpoint} ${index}`;
  if (!recordings.has(key)) {
    const decoded = server.hear(checkpoint, index).then((uri) => (uri ? decodeWav(uri) : null));
    recordings.set(key, decoded);
  }
  return recordings.get(key);
}

// Plays it, and marks `node` as long as it does; a second call stops it.
export async function playRecording(server, checkpoint, index, node) {
  context(); // within the click, or it may stay silent
  const clip = await recording(server, checkpoint, index);
  if (!clip) return; // there is none: the page that asked is older than the data
  if (audio.isPlaying(clip)) {
    audio.stop();
    return;
  }
  audio.play(clip, 0, (playing) => node.classList.toggle("sd-sounding", playing));
}
