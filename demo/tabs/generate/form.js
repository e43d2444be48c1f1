// Put before generate.js, behind codes.js: the controls. What is asked is a plain object, as demo.wishes.read takes it.
const MODES = {
  roll: ["Roll", "Keep one code of A, draw the other from the prior"],
  interpolate: ["Interpolate", "Walk from A to B"],
  traverse: ["Traverse", "Turn one dimension of A's code"],
  partial: ["Partial swap", "Put chosen parts of B into A"],
  continue: ["Continue", "Give a beginning of A, see what may come after"],
};
// What each mode shows and sends.
const USED = {
  roll: ["keep", "seed", "frames", "temperature"], interpolate: ["what", "path"], traverse: ["code", "dimension"],
  partial: ["static", "dynamic", "steps"], continue: ["prefix", "seed", "frames", "temperature"],
};

// A row of buttons of which one is pressed. `options` are [value, words, title].
function choice(label, className, changed) {
  const node = make("div", `sd-choice ${className}`, undefined, { role: "group", "aria-label": label });
  let value = null;
  const press = () => { for (const b of node.children) b.setAttribute("aria-pressed", String(b.dataset.value === value)); };
  const load = (options) => {
    if (options.map(([, words]) => words).join() === [...node.children].map((b) => b.textContent).join()) return;
    node.replaceChildren(...options.map(([own, words, title]) => {
      const button = make("button", "", words, { type: "button", "data-value": own, title: title ?? words });
      button.addEventListener("click", () => { if (value !== own) { value = own; press(); changed(own); } });
      return button;
    }));
    press();
  };
  return { node, load, get: () => value, set: (own) => { value = own; press(); } };
}

function field(label, input, hint) {
  const node = make("label", "sd-field"), words = make("span", "sd-field-name", label);
  node.append(words, input, ...(hint ? [hint] : []));
  return { node, words };
}
const anySeed = () => String(Math.floor(Math.random() * 1e6));

// `changed()` is called when there is something new to ask.
function wishForm(changed) {
  const node = make("form", "sd-wish", undefined, { "aria-label": "What to make" });
  node.addEventListener("submit", (event) => event.preventDefault());
  let about = null, data = "", pair = "";
  const modes = choice("What to do", "sd-modes", (mode) => { show(); if (mode === "partial") begin(); changed(); });
  modes.load(Object.entries(MODES).map(([mode, [words, title]]) => [mode, words, title]));
  const lead = make("p", "sd-hint sd-wish-lead");
  const keep = choice("What is kept of A", "sd-stack", () => { show(); changed(); });
  const what = choice("What is interpolated", "", () => changed());
  const path = choice("Path", "", () => changed());
  const code = choice("Code", "", () => { dimensions(); changed(); });
  const dimension = make("select");
  const number = (attributes) => make("input", "", undefined, { type: "number", step: 1, inputmode: "numeric", ...attributes });
  const seed = make("input", "", undefined, { type: "text", inputmode: "numeric", autocomplete: "off", maxlength: 19 });
  const roll = make("button", "sd-roll", "⚄ Roll", { type: "button", title: "A new seed" });
  const frames = number({ min: 1 }), prefix = make("input", "sd-scrub", undefined, { type: "range", min: 1, step: 1 });
  const heat = make("input", "sd-scrub", undefined, { type: "range", min: 0, max: 2, step: 0.05, value: 1 });
  const heatSays = make("output", "sd-count"), prefixSays = make("output", "sd-count");
  const parts = {
    static: partPicker(0, () => changed()), dynamic: partPicker(0, () => changed()), steps: partPicker(1, () => changed()),
  };
  const seedRow = make("div", "sd-seed");
  seedRow.append(field("Seed", seed).node, roll);
  const fields = {
    keep: { node: keep.node }, what: { node: what.node }, path: { node: path.node }, code: { node: code.node },
    dimension: field("Dimension", dimension), prefix: field("Given", prefix, prefixSays), seed: { node: seedRow },
    frames: field("Length", frames), temperature: field("Temperature", heat, heatSays),
    static: parts.static, dynamic: parts.dynamic, steps: parts.steps,
  };
  node.append(lead, ...Object.values(fields).map((one) => one.node));

  const heatWords = () => { const t = Number(heat.value); return t === 0 ? "0, most likely" : t.toFixed(2); };
  function show() {
    const used = USED[modes.get()];
    for (const [name, one] of Object.entries(fields)) one.node.hidden = !used.includes(name) || (name === "frames" && modes.get() === "roll" && keep.get() === "dynamic");
    lead.textContent = MODES[modes.get()][1];
    heatSays.textContent = heatWords();
    prefixSays.textContent = `${prefix.value} of ${about?.lengths[0] ?? ""}`;
  }
  function dimensions(chosen) {
    const lively = about.lively[code.get()], own = chosen ?? lively[0][0];
    const listed = lively.some(([d]) => d === own) ? lively : [[own, null], ...lively];
    dimension.replaceChildren(...listed.map(([d, spread], i) =>
      make("option", "", spread === null ? `${d}` : `${d} · spread ${spread.toFixed(2)}${i === 0 ? " (liveliest)" : ""}`, { value: d })));
    dimension.value = String(own);
  }
  // The first partial swap is not of nothing: A that goes on like B from the middle on.
  function begin() {
    if (Object.values(parts).some((one) => one.numbers().length)) return;
    const common = Math.min(...about.lengths);
    parts.steps.set(Array.from({ length: common - (common >> 1) }, (_, i) => i + (common >> 1)), true);
  }

  for (const input of [heat, prefix]) input.addEventListener("input", () => { show(); changed(); });
  for (const input of [seed, frames, dimension]) input.addEventListener("change", () => changed());
  roll.addEventListener("click", () => { seed.value = anySeed(); changed(); });

  function wish() {
    const mode = modes.get(), asked = { mode };
    const read = {
      keep: keep.get, what: what.get, path: path.get, code: code.get, dimension: () => dimension.value, seed: () => seed.value.trim() || "0",
      frames: () => (fields.frames.node.hidden ? 0 : frames.value === "" ? 0 : Number(frames.value)),
      temperature: () => Number(heat.value), prefix: () => Number(prefix.value),
      static: parts.static.numbers, dynamic: parts.dynamic.numbers, steps: parts.steps.numbers,
    };
    for (const name of USED[mode]) asked[name] = read[name]();
    if (mode === "interpolate") asked.n = about.stops;
    return asked;
  }

  // What was made tells the controls where they stand; those of other modes stay where they are.
  function load(value) {
    const fresh = data !== value.checkpoint, newPair = pair !== plainly([value.checkpoint, value.a, value.b]);
    pair = plainly([value.checkpoint, value.a, value.b]);
    about = value.about;
    data = value.checkpoint;
    const { static: look, dynamic: motion } = about.words;
    keep.load([["static", `A's ${look}, new ${motion}`], ["dynamic", `New ${look}, A's ${motion}`], ["", "Both new"]]);
    what.load([["static", look], ["dynamic", motion], ["both", "both"]]);
    path.load([["spherical", "spherical", "Along an arc: what lies between two draws is as long as a draw"], ["linear", "linear", "Along a straight line"]]);
    code.load([["static", look], ["dynamic", motion]]);
    const w = value.wish, first = (input, own) => { if (own !== undefined) input.set(own); else if (fresh || input.get() === null) input.set(input.node.firstChild.dataset.value); };
    modes.set(w.mode);
    for (const [name, input] of Object.entries({ keep, what, path, code })) first(input, w[name]);
    if (w.seed !== undefined) seed.value = String(w.seed); else if (fresh || !seed.value) seed.value = "0";
    if (document.activeElement !== heat && w.temperature !== undefined) heat.value = w.temperature;
    frames.max = about.longest;
    if (w.frames) frames.value = w.frames; else if (fresh || !frames.value) frames.value = about.frames;
    fields.frames.words.textContent = `Length (${about.steps}, at most ${about.longest})`;
    fields.prefix.words.textContent = `Given of A (${about.steps})`;
    prefix.max = about.lengths[0];
    if (document.activeElement !== prefix) prefix.value = w.prefix || Math.max(1, about.lengths[0] >> 1);
    if (fresh || w.dimension !== undefined || !dimension.options.length) dimensions(w.dimension);
    for (const name of ["static", "dynamic"]) {
      const [a, b] = about.codes[name], gaps = a.map((v, i) => Math.abs(v - b[i])), most = Math.max(...gaps, 1e-6);
      const titles = a.map((v, i) => `Dimension ${i}: A ${v.toFixed(2)}, B ${b[i].toFixed(2)}`);
      if (newPair) parts[name].load(gaps.map((gap) => gap / most), titles, `${about.words[name]}, by dimension`);
      if (w[name] || fresh) parts[name].set(w[name] || [], true);
    }
    const common = Math.min(...about.lengths);
    const numbers = Array.from({ length: common }, (_, i) => `${i + 1}`);
    if (newPair) parts.steps.load(numbers.map(() => 1), numbers, `${about.words.dynamic}, by time (${about.steps})`);
    if (w.steps || fresh) parts.steps.set(w.steps || [], true);
    show();
  }
  return { node, modes: modes.node, wish, load };
}
