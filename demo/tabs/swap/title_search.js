// A sequence is found by its title. The browser's own list, so that it works with keys, fingers and screen readers; it is as
// long as the test split.
import { make } from "../../web/dom.js";

// Both choosers have the same titles: JSON text and the titles in it.
const parsed = { text: null, titles: [] };

function titlesOf(text) {
  if (text !== parsed.text) Object.assign(parsed, { text, titles: JSON.parse(text) });
  return parsed.titles;
}

export function titleSearch(side, pick, complain) {
  const id = `sd-titles-${side}`;
  const node = make("label", "sd-search");
  const input = make("input", "", undefined, {
    type: "search",
    list: id,
    autocomplete: "off",
    spellcheck: "false",
    "aria-label": `Search for ${side} by name`,
  });
  const list = make("datalist", "", undefined, { id });
  const state = { text: null, titles: [], chosen: "" };
  node.append(make("span", "", "Search"), input, list);

  // A click shows all of the list: what is chosen would hide the others.
  input.addEventListener("focus", () => {
    input.placeholder = state.chosen;
    input.value = "";
  });
  input.addEventListener("blur", () => {
    input.value = state.chosen;
  });
  input.addEventListener("change", () => {
    const words = input.value.trim();
    if (!words) return;
    const index = state.titles.findIndex((title) => title.toLowerCase() === words.toLowerCase());
    if (index < 0) {
      complain(`No test sequence is called “${words}”.`);
      return;
    }
    state.chosen = state.titles[index];
    pick(index);
    input.blur();
  });

  function show(text, chosen) {
    node.hidden = chosen === null || !text;
    if (node.hidden) return;
    if (text !== state.text) {
      state.text = text;
      state.titles = titlesOf(text);
      const options = state.titles.map((title) => make("option", "", undefined, { value: title }));
      list.replaceChildren(...options);
    }
    state.chosen = chosen;
    if (document.activeElement !== input) input.value = chosen;
  }

  return { node, show };
}
