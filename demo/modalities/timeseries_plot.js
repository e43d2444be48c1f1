// Put behind axes.js, before what shows series: one clip of a series, a plot for every variable that is shown.
const LEFT = 40, RIGHT = 6, AXIS = 20, NAME = 17, RUG = 4;
const PANEL = [0, 210, 130, 104, 98, 84]; // height of a plot by how many there are; of more, 72

// The ends of each axis: every value, and of the bands as much as leaves room for the lines.
const ROOM = 0.4;
function spans(value, courses) {
  const count = value.variables.length;
  return value.variables.map((_, c) => {
    const found = [];
    let low = Infinity, high = -Infinity;
    for (const { x, scale } of courses) {
      for (let i = c; i < x.length; i += count) {
        if (!Number.isFinite(x[i])) continue;
        low = Math.min(low, x[i]);
        high = Math.max(high, x[i]);
        if (scale) found.push(x[i] - value.reach * scale[i], x[i] + value.reach * scale[i]);
      }
    }
    if (low > high) return [-1, 1];
    const ends = Float32Array.from(found).sort(), cut = Math.floor(ends.length / 50);
    const most = ROOM * (high - low);
    if (ends.length) {
      [low, high] = [Math.min(low, Math.max(ends[cut], low - most)), Math.max(high, Math.min(ends[ends.length - 1 - cut], high + most))];
    }
    const room = 0.04 * (high - low) || 0.5;
    return [low - room, high + room];
  });
}

// `tile` is one of demo.payloads.series_stage; `own`, `behind` and `level` are the courses that it draws: its own, the
// measured one that gave its dynamics, and the mean of the one that gave its level, by variable.
function courseView(tile, own, behind, level, about) {
  const node = make("figure", `sd-tile sd-plots sd-${tile.kind} sd-look-${tile.look} sd-motion-${tile.motion}`, undefined, { "data-clip": tile.clip });
  const head = make("div", "sd-plots-head");
  head.append(make("strong", "", tile.title), make("span", "sd-caption", tile.caption));
  const plot = makeSvg("svg", "sd-course", undefined, { role: "img" });
  const text = make("figcaption"), metric = make("span", "sd-metric");
  text.append(metric);
  if (tile.verdict.length) text.append(verdictMarks(tile.verdict));
  node.append(head, plot, text);
  const view = { tile, node, plot, draw, point, stepAt, width: 0 };
  const count = about.variables.length;
  const at = (course, step, c) => course.x[step * count + c];
  const short = (v) => Math.round(10 * v) / 10;
  let across, along = [], places = [];

  // `shown` are the variables, `spans` the ends of their axes, `longest` the steps that the `width` stands for.
  function draw(shown, spans, longest, width) {
    const each = PANEL[shown.length] || 72;
    if (width < 80) return;
    view.width = width;
    view.longest = longest;
    const height = shown.length * each + AXIS;
    plot.replaceChildren();
    for (const [name, value] of Object.entries({ width, height, viewBox: `0 0 ${width} ${height}` })) plot.setAttribute(name, value);
    across = (step) => short(LEFT + ((step + 0.5) / longest) * (width - LEFT - RIGHT));
    along = Array.from({ length: tile.steps }, (_, step) => across(step));
    const marks = timeMarks(tile.start, about.seconds, longest, width < 300 ? 4 : 6);
    const floor = shown.length * each;
    for (const [step, label] of marks) {
      const x = across(step - 0.5);
      plot.append(makeSvg("line", "sd-rule", undefined, { x1: x, x2: x, y1: NAME, y2: floor }));
      plot.append(makeSvg("text", "sd-tick sd-when-all", label, { x, y: height - 5, "text-anchor": step ? "middle" : "start" }));
    }
    places = shown.map((c, i) => panel(c, i * each, each, spans[c], width));
    plot.append(view.cursor = makeSvg("g", "sd-cursor"));
    plot.setAttribute("aria-label", said(shown));
    metric.textContent = figures(shown);
  }

  function panel(c, top, each, [low, high], width) {
    const variable = about.variables[c], upper = top + NAME, lower = top + each - RUG - 4;
    const y = (v) => short(Math.min(lower, Math.max(upper, lower - ((v - low) / (high - low)) * (lower - upper))));
    let last = Infinity;
    for (const [place, label] of valueMarks(low, high, variable, each > 120 ? 5 : 3)) {
      if (last - y(place) < 12) continue; // near 0 a logarithm has no room for its marks
      last = y(place);
      plot.append(
        makeSvg("line", "sd-rule", undefined, { x1: LEFT, x2: width - RIGHT, y1: y(place), y2: y(place) }),
        makeSvg("text", "sd-tick", label, { x: LEFT - 6, y: y(place) + 3.5, "text-anchor": "end" }),
      );
    }
    plot.append(makeSvg("text", "sd-variable", `${variable.name}${variable.unit ? ` ${variable.unit}` : ""}`, { x: LEFT, y: top + 11 }));
    if (own.scale) {
      const ends = (side) => along.map((x, s) => `${x} ${y(at(own, s, c) + side * about.reach * own.scale[s * count + c])}`);
      plot.append(makeSvg("path", "sd-band", undefined, { d: `M${ends(1).join("L")}L${ends(-1).reverse().join("L")}Z` }));
    }
    const measured = behind || own;
    const line = (course, name) => plot.append(makeSvg("path", name, undefined, { d: path(course, c, y) }));
    if (behind) line(behind, "sd-donor");
    if (level && Number.isFinite(level[c])) {
      plot.append(makeSvg("line", "sd-level", undefined, { x1: LEFT, x2: width - RIGHT, y1: y(level[c]), y2: y(level[c]) }));
    }
    line(own, "sd-own");
    plot.append(makeSvg("path", "sd-gaps", undefined, { d: gaps(measured, c, lower + RUG) }));
    return { c, y, top };
  }

  // What is missing is never joined; a lonely value is a dot.
  function path(course, c, y) {
    let d = "", up = true;
    for (let s = 0; s < course.steps; s++) {
      const v = at(course, s, c);
      if (!Number.isFinite(v)) { up = true; continue; }
      d += `${up ? "M" : "L"}${across(s)} ${y(v)}`;
      const next = s + 1 < course.steps ? at(course, s + 1, c) : NaN;
      if (up && !Number.isFinite(next)) d += "h0";
      up = false;
    }
    return d || "M0 0";
  }
  function gaps(course, c, y) {
    let d = "M0 0", from = null;
    for (let s = 0; s <= course.steps; s++) {
      const gone = s < course.steps && !Number.isFinite(at(course, s, c));
      if (gone && from === null) from = s;
      if (gone || from === null) continue;
      d += `M${across(from - 0.5)} ${y}H${across(s - 0.5)}`;
      from = null;
    }
    return d;
  }

  // Marks a step and tells its values; null takes the mark away.
  function point(step) {
    const group = view.cursor;
    if (!group) return "";
    group.replaceChildren();
    if (step === null || step >= tile.steps) return "";
    const x = across(step), bottom = Number(plot.getAttribute("height")) - AXIS;
    group.append(makeSvg("line", "", undefined, { x1: x, x2: x, y1: NAME, y2: bottom }));
    const when = moment(tile.start, about.seconds, step);
    const left = x < view.width / 2;
    group.append(makeSvg("text", "sd-when", when, { x: left ? Math.max(x, LEFT) : x, y: bottom + AXIS - 5, "text-anchor": left ? "start" : "end" }));
    const told = places.map(({ c, y, top }) => {
      const v = at(own, step, c), variable = about.variables[c];
      const unit = (value) => figure(inUnits(value, variable));
      let words = "not measured";
      if (Number.isFinite(v)) {
        const reach = own.scale ? about.reach * own.scale[step * count + c] : null;
        words = unit(v) + (reach === null ? "" : ` (${unit(v - reach)} to ${unit(v + reach)})`);
        group.append(makeSvg("circle", "sd-at", undefined, { cx: x, cy: y(v), r: 3.2 }));
      }
      group.append(makeSvg("text", "sd-value", words, { x: view.width - RIGHT, y: top + 11, "text-anchor": "end" }));
      return `${variable.name} ${words}`;
    });
    return `${tile.title}, ${when}: ${told.join(", ")}`;
  }
  function stepAt(clientX) {
    const box = plot.getBoundingClientRect();
    const step = Math.floor(((clientX - box.left - LEFT) / (view.width - LEFT - RIGHT)) * view.longest);
    return step >= 0 && step < view.longest ? step : null;
  }

  function said(shown) {
    const means = shown.map((c) => {
      const mean = tile.averages[c], { name, unit } = about.variables[c];
      return mean === null ? `${name} never measured` : `mean ${name} ${figure(mean)} ${unit}`.trim();
    });
    return `${tile.title}: ${means.join(", ")}. The table below has all of them.`;
  }
  // How well it is rebuilt, or how closely it follows whose course it has.
  function figures(shown) {
    const mean = (values) => { const there = values.filter((v) => v !== null && v !== undefined); return there.length ? there.reduce((a, b) => a + b, 0) / there.length : null; };
    if (tile.errors) {
      const those = shown.map((c) => tile.errors[c]), off = mean(those.map((e) => e.deviations));
      if (off === null) return "nothing of this was measured";
      const only = shown.length === 1 ? `${figure(those[0].mean_absolute)} ${about.variables[shown[0]].unit} (${off.toFixed(2)} deviations)` : `${off.toFixed(2)} training deviations`;
      return `off by ${only} on average · ${Math.round(100 * mean(those.map((e) => e.inside)))} % of measurements in the band`;
    }
    if (tile.follows) {
      const r = mean(shown.map((c) => tile.follows[c]));
      return r === null ? "" : `follows ${tile.motion}: correlation ${r.toFixed(2)}`;
    }
    return "";
  }
  return view;
}

