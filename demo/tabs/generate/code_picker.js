// Put before wishes.js: choosing parts of a code, or steps, by sight or in writing.

// [0, 1, 2, 5] as "0-2, 5", and back. `high` is the largest number there is.
function runsOf(numbers) {
  const runs = [];
  for (const n of numbers) {
    const last = runs[runs.length - 1];
    if (last && last[1] === n - 1) last[1] = n; else runs.push([n, n]);
  }
  return runs.map(([from, to]) => (from === to ? `${from}` : `${from}-${to}`)).join(", ");
}
function numbersOf(text, high) {
  const found = new Set();
  for (const part of text.split(/[,;\s]+/).filter(Boolean)) {
    const [, from, to] = /^(\d+)(?:-(\d+))?$/.exec(part) || [];
    if (from === undefined || Number(to ?? from) > high) return null;
    for (let n = Number(from); n <= Number(to ?? from); n++) found.add(n);
  }
  return [...found].sort((a, b) => a - b);
}

// Bars for the numbers 0 to n - 1: a drag over them chooses or lets go, the field below says the same in writing.
// `offset` is what the first is called. `changed(numbers)` is called when a choice is made.
function partPicker(offset, changed) {
  const node = make("div", "sd-parts"), chosen = new Set();
  const head = make("div", "sd-parts-head"), count = make("span", "sd-caption");
  const bars = make("div", "sd-code-bars", undefined, { "aria-hidden": "true" });
  const row = make("div", "sd-parts-row");
  const field = make("input", "sd-runs", undefined, { type: "text", placeholder: "none", autocomplete: "off", spellcheck: "false" });
  const all = make("button", "sd-more", "All", { type: "button" });
  const none = make("button", "sd-more", "None", { type: "button" });
  const name = make("strong");
  head.append(name, count);
  row.append(field, all, none);
  node.append(head, bars, row);
  let size = 0, putting = null;

  const numbers = () => [...chosen].sort((a, b) => a - b);
  function paint() {
    [...bars.children].forEach((bar, i) => bar.classList.toggle("sd-on", chosen.has(i)));
    count.textContent = chosen.size ? `${chosen.size} of ${size} from B` : `none of ${size}`;
    field.removeAttribute("aria-invalid");
  }
  function set(numbers, quietly) {
    chosen.clear();
    for (const n of numbers) if (n < size) chosen.add(n);
    field.value = runsOf(numbers.map((n) => n + offset));
    paint();
    if (!quietly) changed(numbers);
  }
  // `heights` are in 0..1; `titles` say what is behind a bar.
  function load(heights, titles, title) {
    name.textContent = title;
    field.setAttribute("aria-label", `${title}, as numbers: 0-3, 7`);
    all.setAttribute("aria-label", `${title}: all`);
    none.setAttribute("aria-label", `${title}: none`);
    size = heights.length;
    bars.replaceChildren(...heights.map((height, i) => {
      const bar = make("span", "sd-code-bar", undefined, { title: titles[i] });
      const fill = make("i");
      fill.style.height = `${Math.round(6 + 94 * height)}%`;
      bar.append(fill);
      return bar;
    }));
    paint();
  }
  const barAt = (event) => {
    const box = bars.getBoundingClientRect();
    return Math.max(0, Math.min(size - 1, Math.floor(((event.clientX - box.left) / box.width) * size)));
  };
  let last = 0;
  function drag(event) {
    const at = barAt(event);
    for (let i = Math.min(at, last); i <= Math.max(at, last); i++) if (putting) chosen.add(i); else chosen.delete(i);
    last = at;
    paint();
  }
  bars.addEventListener("pointerdown", (event) => {
    last = barAt(event);
    putting = !chosen.has(last);
    bars.setPointerCapture(event.pointerId);
    drag(event);
  });
  bars.addEventListener("pointermove", (event) => { if (putting !== null) drag(event); });
  const done = () => { if (putting !== null) { putting = null; set(numbers()); } };
  bars.addEventListener("pointerup", done);
  bars.addEventListener("pointercancel", done);
  field.addEventListener("change", () => {
    const read = numbersOf(field.value, size - 1 + offset);
    if (read && read.every((n) => n >= offset)) set(read.map((n) => n - offset));
    else field.setAttribute("aria-invalid", "true");
  });
  all.addEventListener("click", () => set(Array.from({ length: size }, (_, i) => i)));
  none.addEventListener("click", () => set([]));
  return { node, load, set, numbers };
}
