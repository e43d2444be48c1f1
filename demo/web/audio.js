// Put before scripts that sound: one ear for the whole page, so that one clip at a time is heard. Nothing sounds
// before a click or a key.
function ear() {
  return (window.sdEar ??= makeEar());
}

function makeEar() {
  const state = { context: null, now: null };

  // The samples of a WAV file (16 bits, mono) in a data: address.
  function decode(uri) {
    const text = atob(uri.slice(uri.indexOf(",") + 1));
    const bytes = Uint8Array.from(text, (c) => c.charCodeAt(0));
    const view = new DataView(bytes.buffer);
    let at = 12, rate = 0;
    for (;;) {
      const name = String.fromCharCode(...bytes.subarray(at, at + 4)), size = view.getUint32(at + 4, true);
      if (name === "fmt ") rate = view.getUint32(at + 12, true);
      if (name === "data") {
        const whole = new Int16Array(bytes.buffer.slice(at + 8, at + 8 + size));
        return { rate, samples: Float32Array.from(whole, (v) => v / 32768), seconds: whole.length / rate };
      }
      at += 8 + size + (size % 2);
    }
  }

  // Plays a decoded clip from `from` seconds. `changed(playing, ended)` is called when it starts and stops.
  function play(clip, from, changed) {
    stop();
    state.context ??= new AudioContext();
    if (navigator.audioSession) navigator.audioSession.type = "playback"; // else a phone's mute switch silences it
    state.context.resume();
    const buffer = state.context.createBuffer(1, clip.samples.length, clip.rate);
    buffer.copyToChannel(clip.samples, 0);
    const source = state.context.createBufferSource();
    source.buffer = buffer;
    source.connect(state.context.destination);
    const now = { clip, source, from, since: state.context.currentTime, changed };
    source.onended = () => { if (state.now === now) stop(true); };
    state.now = now;
    source.start(0, from);
    changed(true, false);
  }

  function stop(ended = false) {
    const { now } = state;
    if (!now) return;
    state.now = null;
    now.source.onended = null;
    now.source.stop();
    now.changed(false, ended);
  }

  // Seconds into the clip that is heard.
  function position() {
    const { now, context } = state;
    return now ? Math.min(now.clip.seconds, now.from + context.currentTime - now.since) : 0;
  }

  return { decode, play, stop, position, state, playing: (clip) => state.now?.clip === clip };
}

// A real recording of the test split, asked for once. `server.hear` is demo.components.hear.
const recordings = new Map();
function recording(server, checkpoint, index) {
  const key = `${checkpoint} ${index}`;
  if (!recordings.has(key)) {
    recordings.set(key, server.hear(checkpoint, index).then((uri) => (uri ? ear().decode(uri) : null)));
  }
  return recordings.get(key);
}
// Plays it, and marks `node` as long as it does; a second call stops it.
async function hear(server, checkpoint, index, node) {
  ear().state.context ??= new AudioContext(); // within the click, or it may stay silent
  ear().state.context.resume();
  const clip = await recording(server, checkpoint, index);
  if (!clip) return; // there is none: the page that asked is older than the data
  if (ear().playing(clip)) { ear().stop(); return; }
  ear().play(clip, 0, (playing) => node.classList.toggle("sd-sounding", playing));
}

