// The points and marks of a map as plotly has them.
import { palette, themed } from "../../web/theme.js";
import { diameters, isKnown, permutation } from "./labels.js";

// Each class has a symbol of its own as well as a colour; where there are more, the pairs differ.
const SYMBOLS = ["circle", "square", "diamond", "triangle-up", "cross", "x", "triangle-down", "star", "pentagon"];
const LEGEND = 14; // more classes would push the map off the screen
const SEQUENTIAL = { light: ["#d9d3ea", "#8975b8", "#2b1050"], dark: ["#382a5e", "#8f76c8", "#fff6ec"] };
const MANY_POINTS = 1500;
const NARROW = 420;

// Plotly takes tags in names for styles and links: a name that has some is shown as it is.
function literal(text) {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}

function emptyTrace(name, marker, showlegend) {
  return {
    type: "scatter",
    mode: "markers",
    name: literal(name),
    x: [],
    y: [],
    customdata: [],
    hoverinfo: "none",
    showlegend,
    marker: { opacity: 0.85, line: { width: 0 }, ...marker },
  };
}

function colourBar(name, unit) {
  return {
    title: { text: literal(unit ? `${name}, ${unit}` : name), side: "top" },
    orientation: "h",
    thickness: 10,
    len: 0.6,
    x: 0,
    xanchor: "left",
    y: -0.02,
    yanchor: "top",
  };
}

function classTraces(factor, size) {
  const colours = palette();
  const inLegend = factor.classes.length <= LEGEND;
  return factor.classes.map((name, i) => {
    const color = colours[i % colours.length];
    const symbol = SYMBOLS[(i + Math.floor(i / colours.length)) % SYMBOLS.length];
    return emptyTrace(name, { size, color, symbol }, inLegend);
  });
}

function numberTrace(name, factor, size) {
  const colours = themed(SEQUENTIAL);
  const colorscale = colours.map((colour, i) => [i / (colours.length - 1), colour]);
  const colorbar = colourBar(name, factor.unit);
  return emptyTrace(name, { size, color: [], colorscale, showscale: true, colorbar, symbol: "circle" }, false);
}

// One trace a class, or one for all numbers; what is unknown is grey and comes first.
export function traces(points, part, factorName, width, isShuffled, sizedBy) {
  const factor = points.factors[factorName];
  const plane = points[part];
  const hasClasses = factor.classes.length > 0;
  const size = points.ids.length > MANY_POINTS || width < NARROW ? 5 : 7;
  const known = hasClasses ? classTraces(factor, size) : [numberTrace(factorName, factor, size)];
  const unknown = emptyTrace("unknown", { size, color: "#888888", symbol: "circle-open" }, true);
  const order = isShuffled ? permutation(points.ids.length) : null;
  const sizes = sizedBy ? diameters(points.factors[sizedBy], size) : null;
  if (sizes) {
    for (const { marker } of [unknown, ...known]) Object.assign(marker, { size: [], opacity: 0.6 });
  }
  for (let i = 0; i < points.ids.length; i++) {
    const value = factor.values[order ? order[i] : i];
    let trace = unknown;
    if (isKnown(factor, value)) trace = hasClasses ? known[value] : known[0];
    trace.x.push(plane[i][0]);
    trace.y.push(plane[i][1]);
    trace.customdata.push(i);
    if (sizes) trace.marker.size.push(sizes[i]);
    if (trace !== unknown && !hasClasses) trace.marker.color.push(value);
  }
  return unknown.x.length ? [unknown, ...known] : known;
}

// A ring around a point; off the map if there is none.
export function ring([x, y], colour, size, width) {
  return {
    type: "scatter",
    mode: "markers",
    x: [x],
    y: [y],
    hoverinfo: "skip",
    showlegend: false,
    cliponaxis: false,
    marker: { size, color: "rgba(0,0,0,0)", symbol: "circle", line: { width, color: colour } },
  };
}

// A ring with the letter of its side.
export function letteredRing(position, colour, letter) {
  return {
    ...ring(position, colour, 17, 4),
    mode: "markers+text",
    text: [letter],
    textposition: "top center",
    textfont: { size: 16, color: colour, weight: 900, shadow: "auto" },
  };
}

export function guestName(guest) {
  return guest.name ?? "your data";
}

// What is not of the split: a shape that no class has, in the colour of its side, and a name in the legend.
export function guestMark(guest, part, colour, rim) {
  const [x, y] = guest[part];
  return {
    type: "scatter",
    mode: "markers",
    name: guestName(guest),
    x: [x],
    y: [y],
    hoverinfo: "skip",
    showlegend: true,
    cliponaxis: false,
    marker: { symbol: "hexagram", size: 19, color: colour, opacity: 1, line: { width: 2, color: rim } },
  };
}

export function placementWords(guest) {
  const how = guest.exact ? "placed exactly, by the same projection" : "placed among its nearest neighbours";
  return ` · ${guestName(guest)} ${how}`;
}
