// Put before generate.js: one clip of what was made, to look at or listen to, and to choose.
const whole = (share) => `${Math.round(100 * share)}%`;
// Whose code it is, as a colour: A's, B's, new, or on the way from A to B.
function colourOf(whose) {
  if (typeof whose === "number") return `color-mix(in oklab, var(--sd-a), var(--sd-b) ${whole(whose)})`;
  return { A: "var(--sd-a)", B: "var(--sd-b)", N: "var(--sd-new)" }[whose];
}
function coloured(node, tile) {
  node.style.setProperty("--look", colourOf(tile.look));
  node.style.setProperty("--motion", colourOf(tile.motion));
  return node;
}
const nameOf = (tile) => (tile.number === null ? `${tile.title}, ${tile.name}: ${tile.caption}` : `${tile.title}: ${tile.caption}${tile.sees ? `; the judge sees ${tile.sees}` : ""}`);

// A picture that plays: a button, if it can be chosen. `sheet` and `value` are of generate.js.
function pictureTile(tile, value, sheet, choose) {
  const [width, height] = value.cell;
  const node = coloured(make(choose ? "button" : "div", `sd-tile sd-var sd-${tile.kind}`, undefined, choose ? { type: "button", "data-number": tile.number } : {}), tile);
  const picture = make("canvas", "sd-pixels", undefined, { width, height, role: "img", "aria-label": nameOf(tile) });
  const head = make("span", "sd-var-head");
  head.append(make("strong", "", tile.title), make("span", "sd-caption", tile.kind === "made" && !tile.parts && tile.sees ? tile.sees : tile.caption));
  node.append(picture, head);
  node.title = nameOf(tile);
  let badge = null, knob = null;
  if (tile.given) { // what was given, and where it ends
    const bar = make("span", "sd-given-bar", undefined, { "aria-hidden": "true" });
    const given = make("i");
    given.style.width = whole(tile.given / tile.frames);
    bar.append(given, knob = make("b"));
    picture.after(bar);
    badge = make("span", "sd-badge", "", { "aria-hidden": "true" });
    node.append(badge);
  }
  if (choose) node.addEventListener("click", () => choose(tile.number));
  const pen = picture.getContext("2d");
  function show(frame) {
    const ended = frame >= tile.frames, at = tile.first + Math.min(frame, tile.frames - 1);
    pen.drawImage(sheet, (at % value.columns) * width, Math.floor(at / value.columns) * height, width, height, 0, 0, width, height);
    node.classList.toggle("sd-ended", ended);
    if (!badge) return;
    knob.style.left = `${(100 * (frame + 0.5)) / tile.frames}%`;
    node.classList.toggle("sd-in-given", frame < tile.given);
    badge.textContent = frame < tile.given ? "given" : "drawn";
  }
  return { node, tile, show, draw() {}, stop() {} };
}

// A button that chooses a sound or a series, whose picture has uses of its own.
function choosing(view, tile, choose) {
  coloured(view.node, tile);
  if (tile.number === null) return;
  const button = make("button", "sd-more sd-choose", "Choose", { type: "button", "data-number": tile.number, "aria-label": `Choose ${nameOf(tile)}` });
  button.addEventListener("click", () => choose(tile.number));
  view.node.append(button);
}

// All tiles that are shown of a sound, drawn on one scale.
function soundTiles(tiles, value, root, choose) {
  const heard = tiles.map((tile) => ear().decode(tile.sound.uri));
  const longest = Math.max(...heard.map((clip) => clip.seconds));
  const peak = heard.reduce((most, clip) => clip.samples.reduce((m, v) => Math.max(m, Math.abs(v)), most), 1e-3);
  return tiles.map((tile, i) => {
    const view = clipView(tile, heard[i], value.scale, longest, peak, root);
    choosing(view, tile, choose);
    if (tile.given) { // where what was given ends
      const line = make("i", "sd-until"), share = ((tile.given / value.wish.frames) * heard[i].seconds) / longest;
      line.style.left = `calc(${EDGE}px + (100% - ${EDGE + 1}px) * ${share.toFixed(4)})`;
      view.node.querySelector(".sd-seek").append(line);
    }
    return { node: view.node, tile, show() {}, draw: view.draw, stop: () => { if (view.playing) ear().stop(); } };
  });
}

// The same of series; behind what has A's course is A's, as it was measured.
function courseTiles(tiles, value, choose) {
  const courses = tiles.map((tile) => ({ x: unpacked(tile.x), scale: tile.scale && unpacked(tile.scale), steps: tile.steps }));
  const ends = spans(value, courses), longest = Math.max(...courses.map((course) => course.steps));
  return tiles.map((tile, i) => {
    const view = courseView(tile, courses[i], tile.number !== null && tile.motion === "A" ? courses[0] : null, null, value);
    choosing(view, tile, choose);
    const draw = () => {
      const width = Math.floor(view.node.clientWidth);
      view.draw(value.shown, ends, longest, width);
      if (!tile.given || width < 80) return;
      const x = LEFT + (tile.given / value.wish.frames) * (tile.steps / longest) * (width - LEFT - RIGHT); // where it ends
      view.plot.append(makeSvg("line", "sd-until", undefined, { x1: x, x2: x, y1: NAME, y2: Number(view.plot.getAttribute("height")) - AXIS }));
    };
    const mark = (event) => { const step = view.stepAt(event.clientX); view.point(step); };
    view.plot.addEventListener("pointermove", mark);
    view.plot.addEventListener("pointerdown", mark);
    view.plot.addEventListener("pointerleave", () => view.point(null));
    return { node: view.node, tile, show() {}, draw, stop() {} };
  });
}
