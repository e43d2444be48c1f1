// Lists in plain words, or what was refused and why.
const root = element.querySelector(".sd-findings");

function update() {
  const value = props.value ? JSON.parse(props.value) : {};
  const refused = value.refused ? [make("p", "sd-refused", value.refused, { role: "alert" })] : [];
  root.replaceChildren(...refused, ...(value.parts || []).map(({ kind, title, lead, items }) => {
    const part = make("section", `sd-part sd-part-${kind}`);
    part.append(make("h3", "", title));
    if (lead) part.append(make("p", "", lead));
    if (items.length) part.append(make("ul"));
    for (const item of items) part.lastChild.append(make("li", "", item));
    return part;
  }));
}

watch("value", update);
update();
