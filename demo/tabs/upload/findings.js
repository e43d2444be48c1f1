// Lists in plain words, or what was refused and why.
import { make } from "../../web/dom.js";

function section({ kind, title, lead, items }) {
  const node = make("section", `sd-part sd-part-${kind}`);
  node.append(make("h3", "", title));
  if (lead) node.append(make("p", "", lead));
  if (!items.length) return node;
  const list = make("ul");
  for (const item of items) list.append(make("li", "", item));
  node.append(list);
  return node;
}

export function mount({ element, props, watch }) {
  const root = element.querySelector(".sd-findings");

  function update() {
    const { refused, parts = [] } = props.value ? JSON.parse(props.value) : {};
    root.replaceChildren();
    if (refused) root.append(make("p", "sd-refused", refused, { role: "alert" }));
    root.append(...parts.map(section));
  }

  watch("value", update);
  update();
}
