// What the columns of a table are, to be corrected. Only positions in the lists are sent back, never names.
const root = element.querySelector(".sd-roles");
const state = { text: null, value: null, menus: {}, columns: [] };

// A label with a menu; `at` is the position that is chosen, -1 for none.
function menu(label, options, at, none) {
  const box = make("label", "sd-role"), select = make("select");
  if (none !== undefined) select.append(make("option", "", none, { value: -1 }));
  options.forEach((words, i) => select.append(make("option", "", words, { value: i })));
  select.value = String(at);
  box.append(make("span", "", label), select);
  return { box, select };
}

function send(changed) {
  const at = (select) => Number(select?.value ?? -1);
  const { time, id, long, chosen, start } = state.menus;
  trigger("correct", {
    changed, held: state.held, time: at(time), id: at(id), long: long ? at(long) : 0, chosen: at(chosen), start: at(start),
    columns: state.columns.map(at),
  });
}

function build(value) {
  state.menus = {};
  state.held = value.long;
  const group = (title, words) => {
    const box = make("fieldset", "sd-role-group");
    box.append(make("legend", "", title));
    if (words) box.append(make("p", "", words));
    const grid = make("div", "sd-role-grid");
    box.append(grid);
    return [box, grid];
  };
  const [which, part] = group("Which part of it");
  const add = (grid, key, made, changed) => {
    state.menus[key] = made.select;
    grid.append(made.box);
    if (changed) made.select.addEventListener("change", () => send(changed));
  };
  if (value.series.length > 1) add(part, "chosen", menu("Series", value.series, value.chosen, value.chosen < 0 ? "another" : undefined), "series");
  if (value.starts.length > 1) add(part, "start", menu("Begins", value.starts, value.start), "start");
  which.hidden = !part.children.length;

  const [what, columns] = group("What the columns are", value.needs);
  add(columns, "time", menu("Time", value.times, value.time));
  add(columns, "id", menu("A series for each", value.ids, value.id));
  if (value.longs.length > 1) add(columns, "long", menu("Variables", value.longs, value.long), "long");
  state.columns = value.variables.map(({ name, unit, column }) => {
    const made = menu(unit ? `${name}, in ${unit}` : name, value.columns, column, "not in the table");
    made.box.classList.toggle("sd-role-none", column < 0);
    columns.append(made.box);
    return made.select;
  });
  const apply = make("button", "sd-apply", "Use these columns", { type: "submit", disabled: "" });
  what.addEventListener("change", () => { apply.disabled = false; });
  what.append(apply);
  if (value.refused) what.append(make("p", "sd-refused", value.refused));
  columns.classList.toggle("sd-role-many", value.variables.length > 30);
  root.replaceChildren(which, what);
}

root.addEventListener("submit", (event) => {
  event.preventDefault();
  send("columns");
});

function update() {
  const text = props.value || null;
  root.hidden = !text;
  if (text === state.text) return;
  state.text = text;
  if (text) build(JSON.parse(text)); else root.replaceChildren();
}
watch("value", update);
update();
