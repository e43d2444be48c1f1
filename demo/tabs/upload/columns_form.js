// What the columns of a table are, to be corrected. Only positions in the lists are sent back, never names.
import { make } from "../../web/dom.js";

const NONE = -1;
const MANY_VARIABLES = 30;

// A label with a menu; `at` is the position that is chosen, `none` the words for none of them.
function menu(label, options, at, none) {
  const box = make("label", "sd-role");
  const select = make("select");
  if (none !== undefined) select.append(make("option", "", none, { value: NONE }));
  options.forEach((text, i) => select.append(make("option", "", text, { value: i })));
  select.value = String(at);
  box.append(make("span", "", label), select);
  return { box, select };
}

function group(title, text) {
  const box = make("fieldset", "sd-role-group");
  box.append(make("legend", "", title));
  if (text) box.append(make("p", "", text));
  const grid = make("div", "sd-role-grid");
  box.append(grid);
  return { box, grid };
}

function positionOf(select) {
  return Number(select?.value ?? NONE);
}

export function mount({ element, props, watch, trigger }) {
  const root = element.querySelector(".sd-roles");
  const state = { text: null, shownLong: 0, menus: {}, columns: [] };

  function send(changed) {
    const { time, id, long, chosen, start } = state.menus;
    trigger("correct", {
      changed,
      shown_long: state.shownLong,
      time: positionOf(time),
      id: positionOf(id),
      long: long ? positionOf(long) : 0,
      chosen: positionOf(chosen),
      start: positionOf(start),
      columns: state.columns.map(positionOf),
    });
  }

  // `changed` is sent at once when the menu changes; the others wait for the button.
  function addMenu(grid, name, { box, select }, changed) {
    state.menus[name] = select;
    grid.append(box);
    if (changed) select.addEventListener("change", () => send(changed));
  }

  function partGroup(value) {
    const { box, grid } = group("Which part of it");
    if (value.series.length > 1) {
      const none = value.chosen === NONE ? "another" : undefined;
      addMenu(grid, "chosen", menu("Series", value.series, value.chosen, none), "series");
    }
    if (value.starts.length > 1) {
      addMenu(grid, "start", menu("Starts", value.starts, value.start), "start");
    }
    box.hidden = !grid.children.length;
    return box;
  }

  function columnGroup(value) {
    const { box, grid } = group("What the columns are", value.needs);
    addMenu(grid, "time", menu("Time", value.times, value.time));
    addMenu(grid, "id", menu("A series for each", value.ids, value.id));
    if (value.longs.length > 1) {
      addMenu(grid, "long", menu("Variables", value.longs, value.long), "long");
    }
    state.columns = value.variables.map(({ name, unit, column }) => {
      const label = unit ? `${name}, in ${unit}` : name;
      const made = menu(label, value.columns, column, "not in the table");
      made.box.classList.toggle("sd-role-none", column === NONE);
      grid.append(made.box);
      return made.select;
    });
    grid.classList.toggle("sd-role-many", value.variables.length > MANY_VARIABLES);
    const apply = make("button", "sd-apply", "Use these columns", { type: "submit", disabled: "" });
    box.addEventListener("change", () => {
      apply.disabled = false;
    });
    box.append(apply);
    if (value.refused) box.append(make("p", "sd-refused", value.refused));
    return box;
  }

  function update() {
    const text = props.value || null;
    root.hidden = !text;
    if (text === state.text) return;
    Object.assign(state, { text, menus: {}, columns: [] });
    root.replaceChildren();
    if (!text) return;
    const value = JSON.parse(text);
    state.shownLong = value.long;
    root.append(partGroup(value), columnGroup(value));
  }

  root.addEventListener("submit", (event) => {
    event.preventDefault();
    send("columns");
  });
  watch("value", update);
  update();
}
