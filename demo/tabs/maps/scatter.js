// Put before maps.js, behind theme.js: the points of a map as plotly has them.
// Each class has a symbol of its own as well as a colour; where there are more, the pairs differ.
const SYMBOLS = ["circle", "square", "diamond", "triangle-up", "cross", "x", "triangle-down", "star", "pentagon"];
const LEGEND = 14; // more classes would push the map off the screen
const SEQUENTIAL = { light: ["#d9d3ea", "#8975b8", "#2b1050"], dark: ["#382a5e", "#8f76c8", "#fff6ec"] };
const known = (factor, value) => value !== null && (!factor.classes.length || value >= 0);

// A label in words.
function labelled(factor, value) {
  if (!known(factor, value)) return "unknown";
  return factor.classes.length ? factor.classes[value] : `${Number(value.toPrecision(3))} ${factor.unit}`.trim();
}

// The same order every time: shuffled labels are a stated example, not a new surprise at every click.
function order(n) {
  const rows = Array.from({ length: n }, (_, i) => i);
  let seed = 1;
  for (let i = n - 1; i > 0; i--) {
    seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
    const j = Math.floor((seed / 2 ** 32) * (i + 1));
    [rows[i], rows[j]] = [rows[j], rows[i]];
  }
  return rows;
}

// Diameters by a number, so that areas tell it; what is unknown is small. The largest hundredth are alike, lest one
// cloudburst make all other points dots.
function diameters(factor, base) {
  const there = factor.values.filter((v) => known(factor, v)).sort((a, b) => a - b);
  const low = there[0] ?? 0, high = there[Math.floor(0.99 * (there.length - 1))] ?? 1;
  const share = (v) => Math.min(1, Math.max(0, (v - low) / (high - low || 1)));
  return factor.values.map((v) => 0.6 * base + (known(factor, v) ? 2.6 * base * Math.sqrt(share(v)) : 0));
}
function range(factor) {
  const there = factor.values.filter((v) => known(factor, v));
  if (!there.length) return "";
  const short = (v) => Number(v.toPrecision(3));
  return ` (${short(Math.min(...there))} to ${short(Math.max(...there))} ${factor.unit})`;
}

// One trace a class, or one for all numbers; what is unknown is grey and comes first.
function traces(points, part, factorName, width, shuffled, sized) {
  const factor = points.factors[factorName], plane = points[part], colours = palette();
  const theme = dark() ? "dark" : "light", count = factor.classes.length;
  const base = { opacity: 0.85, size: points.ids.length > 1500 || width < 420 ? 5 : 7, line: { width: 0 } };
  const trace = (name, marker) => ({
    type: "scatter", mode: "markers", name, x: [], y: [], customdata: [], hoverinfo: "none",
    showlegend: 0 < count && count <= LEGEND, marker: { ...base, ...marker },
  });
  const out = factor.classes.map((name, c) => trace(name, {
    color: colours[c % colours.length], symbol: SYMBOLS[(c + Math.floor(c / colours.length)) % SYMBOLS.length],
  }));
  if (!count) {
    const scale = SEQUENTIAL[theme].map((colour, i, all) => [i / (all.length - 1), colour]);
    const bar = { title: { text: `${factorName}${factor.unit ? `, ${factor.unit}` : ""}`, side: "top" }, orientation: "h", thickness: 10, len: 0.6, x: 0, xanchor: "left", y: -0.02, yanchor: "top" };
    out.push(trace(factorName, { color: [], colorscale: scale, showscale: true, colorbar: bar, symbol: "circle" }));
  }
  const unknown = trace("unknown", { color: "#888888", symbol: "circle-open" });
  const dealt = shuffled ? order(points.ids.length) : null;
  const sizes = sized ? diameters(points.factors[sized], base.size) : null;
  if (sizes) for (const { marker } of [unknown, ...out]) Object.assign(marker, { size: [], opacity: 0.6 });
  factor.values.forEach((own, i) => {
    const value = dealt ? factor.values[dealt[i]] : own;
    const to = !known(factor, value) ? unknown : count ? out[value] : out[0];
    to.x.push(plane[i][0]);
    to.y.push(plane[i][1]);
    to.customdata.push(i);
    if (sizes) to.marker.size.push(sizes[i]);
    if (to !== unknown && !count) to.marker.color.push(value);
  });
  unknown.showlegend = true;
  return unknown.x.length ? [unknown, ...out] : out;
}

function ring(points, part, i, colour, text, size = text ? 17 : 13, width = text ? 4 : 3) {
  const found = i >= 0;
  const [x, y] = found ? points[part][i] : [null, null];
  return {
    type: "scatter", mode: text ? "markers+text" : "markers", x: [x], y: [y], text: [text], hoverinfo: "skip",
    textposition: "top center", textfont: { size: 16, color: colour, weight: 900, shadow: "auto" }, showlegend: false, cliponaxis: false,
    marker: { size, color: "rgba(0,0,0,0)", symbol: "circle", line: { width, color: colour } },
  };
}

// What is not of the split: a shape that no class has, in the colour of A, and a name in the legend.
function guestMark(guest, part, colour, rim) {
  const [x, y] = guest[part];
  return {
    type: "scatter", mode: "markers", name: guest.name ?? "your recording", x: [x], y: [y], hoverinfo: "skip", showlegend: true,
    cliponaxis: false, marker: { symbol: "hexagram", size: 19, color: colour, opacity: 1, line: { width: 2, color: rim } },
  };
}
const placed = ({ exact, name }) => ` · ${name ?? "your recording"} ${exact ? "placed exactly, by the same projection" : "placed among its nearest neighbours"}`;
