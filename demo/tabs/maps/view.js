// Two linked maps of the same sequences. Points are sent once; afterwards only colours and choices.
const root = element.querySelector(".sd-maps");
const PARTS = ["static", "dynamic"];
const forGuest = root.classList.contains("sd-maps-guest"); // then it is A, and a click chooses B
const state = { hands: forGuest ? "B" : "A", atlas: null, panels: [], shuffled: false };

const hand = make("div", "sd-hand", undefined, { role: "group", "aria-label": "A click chooses" });
hand.append(make("span", "", "A click chooses"));
for (const side of forGuest ? "" : "AB") {
  const button = make("button", `sd-side-${side}`, side, { type: "button", "aria-pressed": side === "A" });
  button.addEventListener("click", () => {
    state.hands = side;
    for (const other of hand.querySelectorAll("button")) other.setAttribute("aria-pressed", other === button);
  });
  hand.append(button);
}
const shuffle = make("button", "sd-shuffle", "Shuffle labels", { type: "button", "aria-pressed": "false" });
shuffle.title = "Deal the colours to the points at random, to see what no structure looks like";
shuffle.addEventListener("click", () => {
  state.shuffled = !state.shuffled;
  shuffle.setAttribute("aria-pressed", String(state.shuffled));
  draw();
});
const noise = make("p", "sd-noise", "Labels are shuffled: every colour belongs to another sequence. This is what no structure looks like.", { role: "status" });
noise.hidden = true;
const absent = make("span", "sd-absent", "", { role: "status" });
const advice = make("span", "sd-hint");
hand.append(advice, shuffle, absent);
const pair = make("div", "sd-pair");
root.append(hand, noise, pair);
for (const part of PARTS) {
  const panel = make("section", "sd-map", undefined, { "aria-label": `Map of the ${part} codes` });
  const title = make("h3");
  const trust = make("p", "sd-trust");
  const plot = make("div", "sd-plot", undefined, { "data-part": part });
  panel.append(title, trust, plot);
  pair.append(panel);
  state.panels.push({ part, title, trust, plot });
}
const tip = make("div", "sd-tip", undefined, { role: "status" });
tip.hidden = true;
const thumb = make("canvas", "sd-pixels");
const said = make("div");
tip.append(thumb, said);
root.append(tip);

// Text, because the page would watch every number of a nested value.
let text = null, parsed = null;
function received() {
  if (props.value !== text) { text = props.value; parsed = text ? JSON.parse(text) : null; }
  return parsed;
}

const theme = (name) => getComputedStyle(root).getPropertyValue(name).trim();

function draw() {
  const points = received();
  root.classList.toggle("sd-waiting", !points);
  if (!points || !window.Plotly) return;
  const names = Object.keys(points.factors);
  advice.textContent = forGuest ? (points.sound ? "the voice to swap with, and plays it" : "the one to swap with") : points.sound ? "and plays it; Shift-click chooses the other one" : "and Shift-click the other one";
  thumb.classList.toggle("sd-pixels", !points.grey);
  const key = `${points.method} ${points.key}`;
  const ink = theme("--body-text-color");
  state.panels.forEach(({ part, title, trust, plot }, p) => {
    const colour = names.includes(props.colours?.[p]) ? props.colours[p] : names[0];
    const sized = names.includes(props.sized) ? props.sized : "", factor = points.factors[sized];
    const sizes = sized ? ` · ${factor.said ? `${factor.said}, ` : ""}larger for more ${sized}${range(factor)}` : "";
    title.textContent = `${part === "static" ? "Static" : "Dynamic"} codes: ${points.about[part]}`;
    trust.textContent = `${points.method} of ${points.ids.length} sequences, coloured by ${state.shuffled ? `shuffled ${colour}` : colour}${sizes} · trustworthiness ${points.trust[p].toFixed(2)}${[props.guest, props.guest_b].filter(Boolean).map(placed).join("")}`;
    const data = traces(points, part, colour, plot.clientWidth, state.shuffled, sized);
    const [a, b] = (props.chosen || []).map((id) => points.ids.indexOf(id));
    const paper = theme("--block-background-fill");
    // A halo in the colour of the paper keeps the marks apart from the crowd.
    for (const i of [a, b]) data.push(ring(points, part, i ?? -1, paper, "", 17, 9));
    if (props.guest) data.push(guestMark(props.guest, part, theme("--sd-a"), ink));
    if (props.guest_b) data.push(guestMark(props.guest_b, part, theme("--sd-b"), ink));
    data.push(ring(points, part, -1, ink, ""), ring(points, part, a ?? -1, theme("--sd-a"), "A"), ring(points, part, b ?? -1, theme("--sd-b"), "B"));
    const axis = { showgrid: false, zeroline: false, showticklabels: false, ticks: "", showline: false };
    const layout = {
      margin: { l: 4, r: 4, t: 4, b: 4 }, paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
      font: { family: getComputedStyle(root).fontFamily, color: ink, size: 12 },
      xaxis: { ...axis }, yaxis: { ...axis }, dragmode: "pan", hovermode: "closest", hoverdistance: 12,
      legend: { orientation: "h", y: -0.02, x: 0, itemsizing: "constant", uirevision: colour },
      uirevision: key, height: 430,
      modebar: { bgcolor: "rgba(0,0,0,0)", color: theme("--body-text-color-subdued"), activecolor: ink },
    };
    const config = {
      displaylogo: false, responsive: true, scrollZoom: matchMedia("(pointer: fine)").matches,
      modeBarButtons: [["zoom2d", "pan2d", "zoomIn2d", "zoomOut2d", "resetScale2d"]],
    };
    Plotly.react(plot, data, layout, config);
    if (!plot.dataset.ready) listen(plot, p);
    plot.dataset.ready = "1";
    plot.dataset.colour = colour;
    plot.dataset.sized = sized;
    plot.dataset.shuffled = state.shuffled;
    plot.dataset.chosen = (props.chosen || []).join(",");
    plot.dataset.guest = (props.guest?.[part] || []).join(",");
  });
  noise.hidden = !state.shuffled;
  const missing = ["A", "B"].filter((_, s) => props.chosen && props.chosen[s] !== null && !points.ids.includes(props.chosen[s]));
  absent.textContent = missing.length ? `${missing.join(" and ")} not among these ${points.ids.length} sequences` : "";
  root.dataset.method = points.method;
  root.dataset.count = points.ids.length;
}

function listen(plot, p) {
  plot.on("plotly_click", (event) => {
    const points = received();
    const i = event.points[0]?.customdata;
    if (i === undefined) return;
    const other = { A: "B", B: "A" };
    tip.hidden = true;
    const shifted = event.event.shiftKey && !forGuest;
    if (points.sound && !shifted) hear(server, points.checkpoint, points.ids[i], root);
    trigger("point", { index: points.ids[i], side: shifted ? other[state.hands] : state.hands });
  });
  plot.on("plotly_hover", (event) => {
    const i = event.points[0]?.customdata;
    if (i === undefined) return;
    echo(p, i);
    hint(i, event.event);
  });
  plot.on("plotly_unhover", () => { tip.hidden = true; echo(p, -1); });
}

function echo(p, i) {
  // Ring the same sequence on the other map.
  const points = received();
  const { part, plot } = state.panels[1 - p];
  const [x, y] = i >= 0 ? points[part][i] : [null, null];
  Plotly.restyle(plot, { x: [[x]], y: [[y]] }, [plot.data.length - 3]);
}

function hint(i, event) {
  const points = received();
  const atlas = props.atlas;
  said.replaceChildren(make("strong", "", points.titles?.[i] ?? `sequence ${points.ids[i]}`));
  for (const [name, factor] of Object.entries(points.factors)) {
    said.append(make("span", "", `${name}${factor.said ? ` (${factor.said})` : ""}: ${labelled(factor, factor.values[i])}`));
  }
  tip.dataset.index = points.ids[i];
  // The picture is shown only if the atlas is the one of these points.
  const matches = atlas && state.atlas && state.atlas.src === atlas.uri && atlas.key === points.key;
  thumb.hidden = !matches;
  if (matches) {
    const [width, height] = atlas.cell;
    thumb.width = width;
    thumb.height = height;
    const x = (i % atlas.columns) * width, y = Math.floor(i / atlas.columns) * height;
    thumb.getContext("2d").drawImage(state.atlas, x, y, width, height, 0, 0, width, height);
    if (points.grey) colourise(thumb);
  }
  tip.hidden = false;
  const box = tip.getBoundingClientRect();
  const left = event.clientX + 18 + box.width > innerWidth ? event.clientX - box.width - 18 : event.clientX + 18;
  tip.style.left = `${Math.max(4, left)}px`;
  tip.style.top = `${Math.max(4, Math.min(innerHeight - box.height - 4, event.clientY - box.height / 2))}px`;
}

function loadAtlas() {
  const uri = props.atlas?.uri;
  if (!uri || state.atlas?.src === uri) return;
  const picture = new Image();
  picture.src = uri;
  state.atlas = picture;
}

watch(["value", "colours", "sized", "chosen", "guest", "guest_b"], draw);
watch("atlas", loadAtlas);
loadAtlas();
draw();
onTheme(root, draw);
// The window may have changed while another tab was open.
new ResizeObserver(() => {
  for (const { plot } of state.panels) if (plot.dataset.ready && plot.clientWidth) Plotly.Plots.resize(plot);
}).observe(pair);
