// Choosing parts of a code, or steps, by sight or in writing.
import { clamp, make, makeButton } from "../../web/dom.js";

// [0, 1, 2, 5] as "0-2, 5".
function runsOf(numbers) {
  const runs = [];
  for (const number of numbers) {
    const last = runs[runs.length - 1];
    if (last && last[1] === number - 1) last[1] = number;
    else runs.push([number, number]);
  }
  return runs.map(([from, to]) => (from === to ? `${from}` : `${from}-${to}`)).join(", ");
}

// The inverse; null for what is no such text, or for a number above `high`.
function numbersOf(text, high) {
  const found = new Set();
  for (const part of text.split(/[,;\s]+/).filter(Boolean)) {
    const match = /^(\d+)(?:-(\d+))?$/.exec(part);
    if (!match) return null;
    const from = Number(match[1]);
    const to = Number(match[2] ?? match[1]);
    if (to > high) return null;
    for (let number = from; number <= to; number++) found.add(number);
  }
  return sorted(found);
}

function sorted(numbers) {
  return [...numbers].sort((a, b) => a - b);
}

// Bars for the numbers 0 to n - 1: a drag over them adds or removes, the field below says the same in writing. `offset` is
// what the first is called. `changed()` is called when a choice is made.
export function codePicker(offset, changed) {
  const chosen = new Set();
  const node = make("div", "sd-parts");
  const head = make("div", "sd-parts-head");
  const name = make("strong");
  const count = make("span", "sd-caption");
  const bars = make("div", "sd-code-bars", undefined, { "aria-hidden": "true" });
  const row = make("div", "sd-parts-row");
  const field = make("input", "sd-runs", undefined, {
    type: "text",
    placeholder: "none",
    autocomplete: "off",
    spellcheck: "false",
  });
  const all = makeButton("sd-more", "All", () => choose([...Array(size).keys()]));
  const none = makeButton("sd-more", "None", () => choose([]));
  head.append(name, count);
  row.append(field, all, none);
  node.append(head, bars, row);

  let size = 0;
  let drag = null; // {last: bar, adds: whether it adds}

  const numbers = () => sorted(chosen);

  function paint() {
    [...bars.children].forEach((bar, i) => bar.classList.toggle("sd-on", chosen.has(i)));
    count.textContent = chosen.size ? `${chosen.size} of ${size} from B` : `none of ${size}`;
    field.removeAttribute("aria-invalid");
  }

  function set(values) {
    chosen.clear();
    for (const value of values) if (value < size) chosen.add(value);
    field.value = runsOf(values.map((value) => value + offset));
    paint();
  }

  function choose(values) {
    set(values);
    changed();
  }

  // `heights` are in 0..1; `titles` say what is behind a bar.
  function load(heights, titles, title) {
    size = heights.length;
    name.textContent = title;
    field.setAttribute("aria-label", `${title}, as numbers: 0-3, 7`);
    all.setAttribute("aria-label", `${title}: all`);
    none.setAttribute("aria-label", `${title}: none`);
    const made = heights.map((height, i) => {
      const bar = make("span", "sd-code-bar", undefined, { title: titles[i] });
      const fill = make("i");
      fill.style.height = `${Math.round(6 + 94 * height)}%`;
      bar.append(fill);
      return bar;
    });
    bars.replaceChildren(...made);
    paint();
  }

  function barAt(event) {
    const box = bars.getBoundingClientRect();
    const share = (event.clientX - box.left) / box.width;
    return clamp(Math.floor(share * size), 0, size - 1);
  }

  function dragTo(bar) {
    const from = Math.min(bar, drag.last);
    const to = Math.max(bar, drag.last);
    for (let i = from; i <= to; i++) {
      if (drag.adds) chosen.add(i);
      else chosen.delete(i);
    }
    drag.last = bar;
    paint();
  }

  function endDrag() {
    if (!drag) return;
    drag = null;
    choose(numbers());
  }

  bars.addEventListener("pointerdown", (event) => {
    const bar = barAt(event);
    drag = { last: bar, adds: !chosen.has(bar) };
    bars.setPointerCapture(event.pointerId);
    dragTo(bar);
  });
  bars.addEventListener("pointermove", (event) => {
    if (drag) dragTo(barAt(event));
  });
  bars.addEventListener("pointerup", endDrag);
  bars.addEventListener("pointercancel", endDrag);
  field.addEventListener("change", () => {
    const read = numbersOf(field.value, size - 1 + offset);
    const isValid = read && read.every((number) => number >= offset);
    if (isValid) choose(read.map((number) => number - offset));
    else field.setAttribute("aria-invalid", "true");
  });
  return { node, load, set, numbers };
}
