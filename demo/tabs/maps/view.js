// Two linked maps of the same sequences. Points are sent once; afterwards only colours and choices.
import { playRecording } from "../../web/audio.js";
import { make, makeButton } from "../../web/dom.js";
import { onTheme } from "../../web/theme.js";
import { rangeWords } from "./labels.js";
import { guestMark, letteredRing, placementWords, ring, traces } from "./scatter.js";
import { hoverTip } from "./tip.js";

const PARTS = { static: "Static", dynamic: "Dynamic" };
const OTHER = { A: "B", B: "A" };
const NOWHERE = [null, null];
const HEIGHT = 430;
// From the end of the traces: the ring of the sequence that the pointer is on.
const HOVER_RING = 3;
const AXIS = { showgrid: false, zeroline: false, showticklabels: false, ticks: "", showline: false };
const MODE_BAR = [["zoom2d", "pan2d", "zoomIn2d", "zoomOut2d", "resetScale2d"]];
const TRANSPARENT = "rgba(0,0,0,0)";

export function mount({ element, props, watch, trigger, server }) {
  const root = element.querySelector(".sd-maps");
  // On maps for a guest, A is the guest and a click chooses B; on maps of foreign codes there is nothing to choose.
  const hasGuest = root.classList.contains("sd-maps-guest");
  const isForeign = root.classList.contains("sd-maps-foreign");
  const state = { side: hasGuest ? "B" : "A", panels: [], isShuffled: false, text: null, points: null };

  const hand = make("div", "sd-hand", undefined, {
    role: "group",
    "aria-label": isForeign ? "Points" : "A click chooses",
  });
  const advice = make("span", "sd-hint");
  const absent = make("span", "sd-absent", "", { role: "status" });
  const noise = make(
    "p",
    "sd-noise",
    "Labels are shuffled: every colour belongs to another sequence. This is what no structure looks like.",
    { role: "status" },
  );
  const shuffle = makeButton("sd-shuffle", "Shuffle labels", toggleShuffle, {
    "aria-pressed": "false",
    title: "Assign the colours to the points at random, to see what no structure looks like",
  });
  const pair = make("div", "sd-pair");
  if (!isForeign) hand.append(make("span", "", "A click chooses"));
  if (!hasGuest && !isForeign) hand.append(sideButton("A"), sideButton("B"));
  hand.append(advice, shuffle, absent);
  noise.hidden = true;
  root.append(hand, noise, pair);
  for (const part of Object.keys(PARTS)) addPanel(part);
  const tip = hoverTip(root);

  function sideButton(side) {
    const attributes = { "aria-pressed": side === state.side };
    const button = makeButton(`sd-side-${side}`, side, () => chooseSide(side), attributes);
    button.dataset.side = side;
    return button;
  }

  function chooseSide(side) {
    state.side = side;
    for (const button of hand.querySelectorAll("[data-side]")) {
      button.setAttribute("aria-pressed", String(button.dataset.side === side));
    }
  }

  function toggleShuffle() {
    state.isShuffled = !state.isShuffled;
    shuffle.setAttribute("aria-pressed", String(state.isShuffled));
    draw();
  }

  function addPanel(part) {
    const node = make("section", "sd-map", undefined, { "aria-label": `Map of the ${part} codes` });
    const title = make("h3");
    const trust = make("p", "sd-trust");
    const plot = make("div", "sd-plot", undefined, { "data-part": part });
    node.append(title, trust, plot);
    pair.append(node);
    state.panels.push({ part, title, trust, plot });
  }

  // JSON text, because the page would watch every number of a nested value.
  function received() {
    if (props.value !== state.text) {
      state.text = props.value;
      state.points = props.value ? JSON.parse(props.value) : null;
    }
    return state.points;
  }

  function colour(name) {
    return getComputedStyle(root).getPropertyValue(name).trim();
  }

  function adviceWords({ sound }) {
    if (isForeign) return "";
    if (hasGuest) return sound ? "the voice to swap with, and plays it" : "the one to swap with";
    return sound ? "and plays it; Shift-click chooses the other one" : "and Shift-click the other one";
  }

  function draw() {
    const points = received();
    root.classList.toggle("sd-waiting", !points);
    if (!points || !window.Plotly) return;
    advice.textContent = adviceWords(points);
    state.panels.forEach((panel, i) => drawPanel(panel, i, points));
    noise.hidden = !state.isShuffled;
    absent.textContent = absentWords(points);
    root.dataset.method = points.method;
    root.dataset.count = points.ids.length;
  }

  function drawPanel(panel, i, points) {
    const { part, title, plot } = panel;
    const names = Object.keys(points.factors);
    const asked = props.colours?.[i];
    const factor = names.includes(asked) ? asked : names[0];
    const sized = names.includes(props.sized) ? props.sized : "";
    title.textContent = `${PARTS[part]} codes: ${points.about[part]}`;
    panel.trust.textContent = caption(points, i, factor, sized);
    const data = [...traces(points, part, factor, plot.clientWidth, state.isShuffled, sized), ...marks(points, part)];
    const config = {
      displaylogo: false,
      responsive: true,
      scrollZoom: matchMedia("(pointer: fine)").matches,
      modeBarButtons: MODE_BAR,
    };
    Plotly.react(plot, data, layout(points, factor), config);
    if (!plot.dataset.ready) listen(plot, i);
    Object.assign(plot.dataset, {
      ready: "1",
      colour: factor,
      sized,
      shuffled: state.isShuffled,
      chosen: (props.chosen || []).join(","),
      guest: (props.guest?.[part] || []).join(","),
    });
  }

  function caption(points, i, factor, sized) {
    const coloured = state.isShuffled ? `shuffled ${factor}` : factor;
    let sizes = "";
    if (sized) {
      const { said } = points.factors[sized];
      const aggregated = said ? `${said}, ` : "";
      sizes = ` · ${aggregated}larger for more ${sized}${rangeWords(points.factors[sized])}`;
    }
    const guests = [props.guest, props.guest_b].filter(Boolean).map(placementWords).join("");
    const trust = points.trust[i].toFixed(2);
    return (
      `${points.method} of ${points.ids.length} sequences, coloured by ${coloured}${sizes} · ` +
      `trustworthiness ${trust}${guests}`
    );
  }

  // Rings around the pair, guests, and last the rings that events move: that of the pointer, of A and of B.
  function marks(points, part) {
    const ink = colour("--body-text-color");
    const paper = colour("--block-background-fill");
    const [a, b] = chosenPoints(points).map((i) => positionOf(points, part, i));
    // A halo in the colour of the paper keeps the marks apart from the crowd.
    const found = [ring(a, paper, 17, 9), ring(b, paper, 17, 9)];
    if (props.guest) found.push(guestMark(props.guest, part, colour("--sd-a"), ink));
    if (props.guest_b) found.push(guestMark(props.guest_b, part, colour("--sd-b"), ink));
    found.push(ring(NOWHERE, ink, 13, 3));
    found.push(letteredRing(a, colour("--sd-a"), "A"), letteredRing(b, colour("--sd-b"), "B"));
    return found;
  }

  // Where the pair is among the points, -1 for what is not.
  function chosenPoints(points) {
    const chosen = props.chosen || [];
    return [0, 1].map((side) => points.ids.indexOf(chosen[side]));
  }

  function positionOf(points, part, i) {
    return i >= 0 ? points[part][i] : NOWHERE;
  }

  function layout(points, factor) {
    const ink = colour("--body-text-color");
    return {
      margin: { l: 4, r: 4, t: 4, b: 4 },
      paper_bgcolor: TRANSPARENT,
      plot_bgcolor: TRANSPARENT,
      font: { family: getComputedStyle(root).fontFamily, color: ink, size: 12 },
      xaxis: { ...AXIS },
      yaxis: { ...AXIS },
      dragmode: "pan",
      hovermode: "closest",
      hoverdistance: 12,
      legend: { orientation: "h", y: -0.02, x: 0, itemsizing: "constant", uirevision: factor },
      uirevision: `${points.method} ${points.key}`,
      height: HEIGHT,
      modebar: { bgcolor: TRANSPARENT, color: colour("--body-text-color-subdued"), activecolor: ink },
    };
  }

  function absentWords(points) {
    const chosen = props.chosen || [];
    const missing = ["A", "B"].filter((_, side) => {
      const index = chosen[side] ?? null;
      return index !== null && !points.ids.includes(index);
    });
    if (!missing.length) return "";
    return `${missing.join(" and ")} not among these ${points.ids.length} sequences`;
  }

  function listen(plot, panel) {
    plot.on("plotly_click", (event) => {
      const i = event.points[0]?.customdata;
      if (i !== undefined && !isForeign) click(i, event.event.shiftKey && !hasGuest);
    });
    plot.on("plotly_hover", (event) => {
      const i = event.points[0]?.customdata;
      if (i === undefined) return;
      ringOther(panel, i);
      tip.show(received(), i, props.atlas, event.event);
    });
    plot.on("plotly_unhover", () => {
      tip.hide();
      ringOther(panel, -1);
    });
  }

  function click(i, isShifted) {
    const points = received();
    tip.hide();
    if (points.sound && !isShifted) playRecording(server, points.checkpoint, points.ids[i], root);
    trigger("point", { index: points.ids[i], side: isShifted ? OTHER[state.side] : state.side });
  }

  // Ring the same sequence on the other map.
  function ringOther(panel, i) {
    const { part, plot } = state.panels[1 - panel];
    const [x, y] = positionOf(received(), part, i);
    Plotly.restyle(plot, { x: [[x]], y: [[y]] }, [plot.data.length - HOVER_RING]);
  }

  function resize() {
    for (const { plot } of state.panels) {
      if (plot.dataset.ready && plot.clientWidth) Plotly.Plots.resize(plot);
    }
  }

  watch(["value", "colours", "sized", "chosen", "guest", "guest_b"], draw);
  watch("atlas", () => tip.load(props.atlas));
  tip.load(props.atlas);
  draw();
  onTheme(root, draw);
  // The window may have changed while another tab was open.
  new ResizeObserver(resize).observe(pair);
}
