// The form of a generation request: a plain object, as demo.core.requests.parse_request takes it.
import { asText } from "../../web/address.js";
import { make, makeButton } from "../../web/dom.js";
import { codePicker } from "./code_picker.js";
import { buttonChoice, labelledField, slider } from "./controls.js";

const MODES = {
  roll: ["Sample", "Keep one code of A, sample the other from the prior"],
  interpolate: ["Interpolate", "Interpolate between A and B"],
  traverse: ["Traverse", "Traverse one dimension of A's code"],
  partial: ["Partial swap", "Swap chosen parts of B into A"],
  continue: ["Extrapolate", "Give the first steps of A, generate the rest"],
};
// What each mode shows and sends.
export const FIELDS = {
  roll: ["keep", "seed", "frames", "temperature"],
  interpolate: ["what", "path"],
  traverse: ["code", "dimension"],
  partial: ["static", "dynamic", "steps"],
  continue: ["prefix", "seed", "frames", "temperature"],
};
const PATHS = [
  ["spherical", "spherical", "Along an arc: what lies between two samples is as long as a sample"],
  ["linear", "linear", "Along a straight line"],
];
const SEEDS = 1e6;

function range(from, to) {
  return Array.from({ length: to - from }, (_, i) => from + i);
}

// `changed()` is called when there is something new to ask.
export function generationForm(changed) {
  const node = make("form", "sd-wish", undefined, { "aria-label": "What to generate" });
  node.addEventListener("submit", (event) => event.preventDefault());
  const lead = make("p", "sd-hint sd-wish-lead");
  let about = null;
  let checkpoint = "";
  let pair = "";

  const changeAndShow = () => {
    show();
    changed();
  };
  const modes = buttonChoice("Mode", "sd-modes", (mode) => {
    show();
    if (mode === "partial") chooseSomeSteps();
    changed();
  });
  modes.load(Object.entries(MODES).map(([mode, [text, title]]) => [mode, text, title]));
  const keep = buttonChoice("What is kept of A", "sd-stack", changeAndShow);
  const what = buttonChoice("What is interpolated", "", changed);
  const path = buttonChoice("Path", "", changed);
  const code = buttonChoice("Code", "", () => {
    listDimensions();
    changed();
  });
  const dimension = make("select");
  const seed = make("input", "", undefined, {
    type: "text",
    inputmode: "numeric",
    autocomplete: "off",
    maxlength: 19,
  });
  const resample = makeButton("sd-roll", "⚄ Resample", newSeed, { title: "A new seed" });
  const frames = make("input", "", undefined, { type: "number", step: 1, inputmode: "numeric", min: 1 });
  const prefix = slider({ min: 1, step: 1 });
  const prefixReadout = make("output", "sd-count");
  const temperature = slider({ min: 0, max: 2, step: 0.05, value: 1 });
  const temperatureReadout = make("output", "sd-count");
  const parts = {
    static: codePicker(0, changed),
    dynamic: codePicker(0, changed),
    steps: codePicker(1, changed),
  };
  const seedRow = make("div", "sd-seed");
  seedRow.append(labelledField("Seed", seed).node, resample);
  const fields = {
    keep,
    what,
    path,
    code,
    dimension: labelledField("Dimension", dimension),
    prefix: labelledField("Given", prefix, prefixReadout),
    seed: { node: seedRow },
    frames: labelledField("Length", frames),
    temperature: labelledField("Temperature", temperature, temperatureReadout),
    ...parts,
  };
  node.append(lead, ...Object.values(fields).map((field) => field.node));

  // How each field is read.
  const readers = {
    keep: keep.get,
    what: what.get,
    path: path.get,
    code: code.get,
    dimension: () => dimension.value,
    seed: () => seed.value.trim() || "0",
    frames: () => (fields.frames.node.hidden ? 0 : Number(frames.value)),
    temperature: () => Number(temperature.value),
    prefix: () => Number(prefix.value),
    static: parts.static.numbers,
    dynamic: parts.dynamic.numbers,
    steps: parts.steps.numbers,
  };

  function newSeed() {
    seed.value = String(Math.floor(Math.random() * SEEDS));
    changed();
  }

  function isUsed(name) {
    // Dynamics that are kept have the length that they have.
    const hasFixedLength = modes.get() === "roll" && keep.get() === "dynamic";
    if (name === "frames" && hasFixedLength) return false;
    return FIELDS[modes.get()].includes(name);
  }

  function show() {
    for (const [name, field] of Object.entries(fields)) field.node.hidden = !isUsed(name);
    lead.textContent = MODES[modes.get()][1];
    const value = Number(temperature.value);
    temperatureReadout.textContent = value === 0 ? "0, most likely" : value.toFixed(2);
    prefixReadout.textContent = `${prefix.value} of ${about?.lengths[0] ?? ""}`;
  }

  function listDimensions(chosen) {
    const varied = about.varied[code.get()];
    const current = chosen ?? varied[0][0];
    const isListed = varied.some(([number]) => number === current);
    const options = varied.map(([number, deviation], i) => {
      const most = i === 0 ? " (most varied)" : "";
      return make("option", "", `${number} · std ${deviation.toFixed(2)}${most}`, { value: number });
    });
    if (!isListed) options.unshift(make("option", "", `${current}`, { value: current }));
    dimension.replaceChildren(...options);
    dimension.value = String(current);
  }

  // The first partial swap is not of nothing: A that continues like B from the middle on.
  function chooseSomeSteps() {
    const isChosen = Object.values(parts).some((part) => part.numbers().length);
    if (isChosen) return;
    const common = Math.min(...about.lengths);
    parts.steps.set(range(Math.floor(common / 2), common));
  }

  function request() {
    const mode = modes.get();
    const asked = { mode };
    for (const name of FIELDS[mode]) asked[name] = readers[name]();
    if (mode === "interpolate") asked.n = about.stops;
    return asked;
  }

  // What was generated tells the controls where they stand; those of other modes stay where they are.
  function load(message) {
    const isNewCheckpoint = checkpoint !== message.checkpoint;
    const newPair = asText([message.checkpoint, message.a, message.b]);
    const isNewPair = pair !== newPair;
    about = message.about;
    checkpoint = message.checkpoint;
    pair = newPair;
    const used = message.request;
    loadChoices(used, isNewCheckpoint);
    loadFields(used, isNewCheckpoint);
    loadParts(used, isNewCheckpoint, isNewPair);
    show();
  }

  function loadChoices(used, isNewCheckpoint) {
    const { static: look, dynamic: motion } = about.terms;
    keep.load([
      ["static", `A's ${look}, new ${motion}`],
      ["dynamic", `New ${look}, A's ${motion}`],
      ["", "Both new"],
    ]);
    const codes = [
      ["static", look],
      ["dynamic", motion],
    ];
    what.load([...codes, ["both", "both"]]);
    path.load(PATHS);
    code.load(codes);
    modes.set(used.mode);
    for (const [name, choice] of Object.entries({ keep, what, path, code })) {
      if (used[name] !== undefined) choice.set(used[name]);
      else if (isNewCheckpoint || choice.get() === null) choice.set(choice.first());
    }
  }

  function loadFields(used, isNewCheckpoint) {
    if (used.seed !== undefined) seed.value = String(used.seed);
    else if (isNewCheckpoint || !seed.value) seed.value = "0";
    const isDragged = (input) => document.activeElement === input;
    if (used.temperature !== undefined && !isDragged(temperature)) temperature.value = used.temperature;
    frames.max = about.longest;
    if (used.frames) frames.value = used.frames;
    else if (isNewCheckpoint || !frames.value) frames.value = about.frames;
    fields.frames.name.textContent = `Length (${about.steps}, at most ${about.longest})`;
    fields.prefix.name.textContent = `Given of A (${about.steps})`;
    prefix.max = about.lengths[0];
    if (!isDragged(prefix)) prefix.value = used.prefix || Math.max(1, Math.floor(about.lengths[0] / 2));
    const isListed = dimension.options.length > 0;
    if (isNewCheckpoint || used.dimension !== undefined || !isListed) listDimensions(used.dimension);
  }

  function loadParts(used, isNewCheckpoint, isNewPair) {
    if (isNewPair) {
      for (const name of ["static", "dynamic"]) loadCode(name);
      const common = Math.min(...about.lengths);
      const numbers = range(1, common + 1).map(String);
      const heights = numbers.map(() => 1);
      parts.steps.load(heights, numbers, `${about.terms.dynamic}, by time (${about.steps})`);
    }
    for (const [name, part] of Object.entries(parts)) {
      if (used[name] || isNewCheckpoint) part.set(used[name] || []);
    }
  }

  // The bars are as high as A and B differ.
  function loadCode(name) {
    const [a, b] = about.codes[name];
    const gaps = a.map((value, i) => Math.abs(value - b[i]));
    const most = Math.max(...gaps, 1e-6);
    const titles = a.map((value, i) => `Dimension ${i}: A ${value.toFixed(2)}, B ${b[i].toFixed(2)}`);
    const heights = gaps.map((gap) => gap / most);
    parts[name].load(heights, titles, `${about.terms[name]}, by dimension`);
  }

  for (const input of [temperature, prefix]) input.addEventListener("input", changeAndShow);
  for (const input of [seed, frames, dimension]) input.addEventListener("change", () => changed());
  return { node, modes: modes.node, request, load };
}
