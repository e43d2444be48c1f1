// The leakage microscope: verdicts, the heat map of one report or two, and their differences.
const root = element.querySelector(".sd-leakage");
const SWITCHES = [
  ["measure", "Show", [["bits", "bits"], ["score", "accuracy"]]],
  ["probe", "Probe", [["best", "best on validation"], ["linear", "linear"], ["nonlinear", "non-linear"]]],
  ["reading", "Code", [["mean", "posterior mean"], ["sample", "a draw"]]],
  ["dynamic", "Dynamic code as", [["sequence", "a sequence"], ["mean", "its time mean"]]],
];
const view = { measure: "bits", probe: "best", reading: "mean", dynamic: "sequence" };
const verdicts = make("div", "sd-verdicts");
const switches = make("div", "sd-switches", undefined, { role: "group", "aria-label": "What the heat map shows" });
const heats = make("div", "sd-heats");
const difference = make("div", "sd-difference");
const how = make("div", "sd-how-measured");
const card = make("div", "sd-tip sd-card", undefined, { role: "tooltip", id: "sd-leakage-card" });
card.hidden = true;
root.append(verdicts, switches, heats, difference, how, card);
for (const [name, title, options] of SWITCHES) {
  const set = make("fieldset", "sd-switch");
  set.append(make("legend", "", title));
  for (const [value, words] of options) {
    const label = make("label");
    const radio = make("input", "", undefined, { type: "radio", name: `sd-${name}`, value });
    radio.checked = view[name] === value;
    radio.addEventListener("change", () => { view[name] = value; paintHeats(); });
    label.append(radio, make("span", "", words));
    set.append(label);
  }
  switches.append(set);
}

// Text, because the page would watch every number of a nested value.
let text = null, parsed = null;
function received() {
  if (props.value !== text) { text = props.value; parsed = text ? JSON.parse(text) : null; }
  return parsed;
}

function heat(report, value) {
  // The marks of the verdicts belong to the headline figures only.
  const headline = view.probe === "best" && view.reading === "mean" && view.dynamic === value.headline.dynamic[0];
  return grid(report, `${report.title}: what each code tells of each factor`, (factor, code, wanted) => {
    const tile = make("div", "sd-heat-tile", undefined, { "data-code": code, "data-factor": factor.name });
    tile.append(make("span", "sd-tile-name", factor.name));
    const figures = factor.not_measurable ? null : figuresOf(report, factor, code, view);
    if (!figures) {
      const why = factor.not_measurable || "not part of this smaller sample";
      tile.classList.add("sd-unmeasured");
      tile.append(make("span", "sd-none", factor.not_measurable ? "not measurable" : "not measured"));
      tile.setAttribute("aria-label", `${factor.name} in the ${code} code: ${why}`);
      explain(tile, `${factor.name} in the ${code} code`, [["not measured", why]]);
      return tile;
    }
    const said = reading(factor, figures, view.measure);
    const level = report.verdicts.find((v) => v.code === code && v.factor === factor.name)?.level;
    tile.style.setProperty("--share", said.share);
    tile.classList.toggle("sd-strong", said.share > 0.66);
    tile.dataset.value = said.value;
    const big = make("span", "sd-big");
    if (headline && level) {
      tile.dataset.level = level;
      big.append(make("span", "sd-glyph", LEVELS[level][0], { "aria-hidden": "true" }));
    }
    big.append(make("span", "", said.big));
    const small = make("span", "sd-small", `${said.small} `);
    small.append(make("span", "sd-unit", said.unit));
    const bar = make("span", "sd-bar", undefined, { "aria-hidden": "true" });
    const fill = make("span", "sd-bar-fill"), range = make("span", "sd-bar-range");
    fill.style.width = `${100 * said.bar[0]}%`;
    range.style.left = `${100 * said.bar[1]}%`;
    range.style.width = `${100 * Math.max(0, said.bar[2] - said.bar[1])}%`;
    bar.append(fill, range);
    if (said.mark) {
      const mark = make("span", "sd-bar-mark");
      mark.style.left = `${100 * said.mark}%`;
      bar.append(mark);
    }
    tile.append(big, small, bar);
    const rows = details(factor, figures);
    const about = `${factor.name} in the ${code} code, ${wanted ? "where it belongs" : "where it does not belong"}`;
    const heard = rows.map(([what, figure]) => `${what} ${figure}`).join("; ");
    tile.setAttribute("aria-label", `${about}: ${headline && level ? `${LEVELS[level][1]}; ` : ""}${heard}`);
    explain(tile, about, rows);
    return tile;
  });
}

// A style sheet cannot ask how wide a box is: gradio drops container queries.
const widths = new ResizeObserver((boxes) => {
  for (const { target, contentRect } of boxes) {
    target.classList.toggle("sd-narrow", contentRect.width < 760);
    target.classList.toggle("sd-slim", contentRect.width < 500);
  }
});

function paintHeats() {
  const value = received();
  dismiss();
  widths.disconnect();
  heats.replaceChildren();
  difference.replaceChildren();
  if (!value) return;
  const drawn = value.reports.some((r) => r.cells.some((c) => c.reading === "sample"));
  const draw = switches.querySelector('input[value="sample"]');
  draw.disabled = !drawn;
  draw.parentNode.title = drawn ? "" : "Draws are not part of the smaller sample";
  heats.classList.toggle("sd-two", value.reports.length > 1);
  for (const report of value.reports) {
    const box = make("section", "sd-heat-box", undefined, { "aria-label": `Heat map of ${report.title}` });
    const title = make("h3", "", report.title);
    if (report.live) title.append(make("span", "sd-badge", "smaller sample"));
    box.append(title, heat(report, value));
    heats.append(box);
  }
  heats.append(legend());
  if (value.reports.length > 1) paintDifference(value);
  for (const box of root.querySelectorAll(".sd-heat-box")) widths.observe(box);
  root.dataset.view = Object.values(view).join(" ");
}

function legend() {
  const box = make("p", "sd-legend");
  const share = view.measure === "bits" ? "share of the factor's entropy (R² of a continuous one)" : "from chance to always right";
  const ramp = (kind, words) => {
    const item = make("span", "sd-key");
    const strip = make("span", `sd-ramp sd-${kind}-target`);
    for (const s of [0, 0.25, 0.5, 0.75, 1]) {
      const step = make("span", "sd-heat-tile");
      step.style.setProperty("--share", s);
      strip.append(step);
    }
    item.append(strip, make("span", "", words));
    return item;
  };
  box.append(
    ramp("on", "belongs here: full is good"), ramp("off", "does not belong: empty is good"),
    make("span", "sd-key", `Colour: ${share}. Bar: value and 95 % interval.`),
  );
  return box;
}

function paintDifference(value) {
  const [first, second] = value.reports;
  const box = make("section", "sd-heat-box", undefined, { "aria-label": "Paired difference" });
  box.append(make("h3", "", `Difference in bits: ${first.title} minus ${second.title}`));
  if (value.why) {
    box.append(make("p", "sd-note", value.why));
  } else {
    box.append(grid(first, "Paired difference in bits with its 95 % interval", (factor, code, wanted) => {
      const tile = make("div", "sd-heat-tile sd-difference-tile", undefined, { "data-code": code, "data-factor": factor.name });
      const found = value.differences.find((d) => d.code === code && d.factor === factor.name);
      tile.append(make("span", "sd-tile-name", factor.name));
      if (!found) {
        tile.classList.add("sd-unmeasured");
        tile.append(make("span", "sd-none", "not measurable"));
        return tile;
      }
      const [middle, low, high] = found.bits;
      const signed = (x) => `${x < 0 ? "−" : "+"}${Math.abs(x).toFixed(2)}`;
      const verb = wanted ? "tells" : "leaks";
      const verdict = low > 0 ? `▲ ${verb} more` : high < 0 ? `▼ ${verb} less` : "≈ no clear difference";
      tile.classList.toggle("sd-clear", low > 0 || high < 0);
      tile.append(
        make("span", "sd-big", signed(middle)), make("span", "sd-small", `[${signed(low)}, ${signed(high)}]`),
        make("span", "sd-small", verdict),
      );
      tile.setAttribute("aria-label",
        `${factor.name} in the ${code} code: ${signed(middle)} bits, 95 % interval ${signed(low)} to ${signed(high)}; ${verdict.slice(2)}`);
      return tile;
    }));
    box.append(make("p", "sd-note", "Every test sequence is compared with itself; the better probe of the first report, by its whole code and posterior mean."));
  }
  difference.append(box);
}

// -- the card --------------------------------------------------------------------------------------

let explained = null; // the tile that the card is about

function place() {
  if (!explained) return;
  const at = explained.getBoundingClientRect(), box = card.getBoundingClientRect();
  const above = at.top - box.height - 8;
  card.style.left = `${Math.max(4, Math.min(innerWidth - box.width - 4, at.left + at.width / 2 - box.width / 2))}px`;
  card.style.top = `${above > 4 ? above : Math.min(innerHeight - box.height - 4, at.bottom + 8)}px`;
}
function dismiss() {
  explained = null;
  card.hidden = true;
}
function explain(tile, title, rows) {
  const show = () => {
    const list = make("dl");
    for (const [what, figure] of rows) list.append(make("dt", "", what), make("dd", "", figure));
    card.replaceChildren(make("strong", "", title), list);
    card.hidden = false;
    explained = tile;
    place();
  };
  for (const event of ["pointerenter", "focus"]) tile.addEventListener(event, show);
  // The pointer may leave one tile while the card is about another, which has the focus.
  const leave = () => { if (explained === tile) dismiss(); };
  for (const event of ["pointerleave", "blur"]) tile.addEventListener(event, leave);
}
root.addEventListener("keydown", (event) => { if (event.key === "Escape") dismiss(); });
addEventListener("scroll", place, { passive: true, capture: true });

function paint() {
  const value = received();
  root.hidden = !value;
  for (const part of [verdicts, how]) part.replaceChildren();
  if (value) {
    const [first, second] = value.reports;
    for (const code of CODES) verdicts.append(verdictList(first, code));
    if (second) {
      const more = make("details", "sd-second");
      more.append(make("summary", "", `Verdict on ${second.title}`));
      const pair = make("div", "sd-verdicts");
      for (const code of CODES) pair.append(verdictList(second, code));
      more.append(pair);
      verdicts.append(more);
    }
    for (const report of value.reports) {
      const box = make("div");
      if (second) box.append(make("strong", "", report.title));
      for (const line of report.how) box.append(make("p", "", line));
      how.append(box);
    }
    root.dataset.key = value.key.join(" ");
  }
  paintHeats();
}

watch("value", paint);
paint();
