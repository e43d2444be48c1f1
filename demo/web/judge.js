// Put before stages: what the judge says of a clip, and how often it is right.
function verdictMarks(verdicts) {
  const list = make("ul", "sd-verdict", undefined, { "aria-label": "What the judge says" });
  for (const { factor, expected, seen, kept, accuracy } of verdicts) {
    const [glyph, name] = kept === null ? ["?", "sd-open"] : kept ? ["✓", "sd-kept"] : ["✗", "sd-lost"];
    const item = make("li", name, `${glyph} ${factor}`);
    const says = kept === null ? `${factor}: judge says ${seen}; what it should be is unknown`
      : kept ? `${factor}: ${seen}, as expected` : `${factor}: expected ${expected}, judge says ${seen}`;
    item.title = accuracy === null ? says : `${says} (the judge is right on ${accuracy} % of real test sequences)`;
    item.setAttribute("aria-label", item.title);
    list.append(item);
  }
  return list;
}
function judgeNote(judge) {
  const right = Object.entries(judge).map(([factor, percent]) => `${factor} ${percent} %`).join(", ");
  return make("p", "sd-note",
    `✓ kept and ✗ lost are the opinion of a judge: a classifier trained on real training sequences. Its own accuracy on real test sequences: ${right}.`);
}
// The heads of the columns of a 2x2.
function headings(value, first) {
  const head = (side) => {
    const node = make("div", `sd-head sd-head-${side}`);
    node.append(make("span", "sd-dot", side), make("span", "", value.motion[side]));
    return node;
  };
  return [make("div", "sd-head sd-head-none", first), head("A"), head("B")];
}
// A sequence by its number, or by how it was made.
const plainly = (one) => (typeof one === "object" ? JSON.stringify(one) : `${one}`);
// A link to this page brings the pair back.
function remember(value) {
  if (value.a === null || value.b === null) return;
  const url = new URL(location.href);
  url.searchParams.set("checkpoint", value.checkpoint);
  for (const side of ["a", "b"]) url.searchParams.set(side, plainly(value[side]));
  history.replaceState(history.state, "", url);
}

// What a stage is sent, as text: drawn anew when it is another one, taken down when there is none.
function receive(build, takeDown) {
  const text = props.value || null;
  root.hidden = !text;
  if (text === state.text) return;
  state.text = text;
  if (!text) {
    takeDown();
    state.views = [];
    root.replaceChildren();
    delete root.dataset.pair;
    return;
  }
  const value = JSON.parse(text);
  build(value);
  root.dataset.pair = `${plainly(value.a)},${plainly(value.b)}`;
  remember(value);
}
