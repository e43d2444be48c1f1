// Put before chooser.js: a sequence is found by what people call it. The browser's own list, so that it is known to
// keys, fingers and screen readers; it is as long as the test split.
const lists = (window.sdTitles ??= new Map()); // both choosers have the same titles

function titleSearch(side, pick, complain) {
  const node = make("label", "sd-search");
  const name = `sd-titles-${side}`;
  const input = make("input", "", undefined, { type: "search", list: name, autocomplete: "off", spellcheck: "false", "aria-label": `Search for ${side} by name` });
  const list = make("datalist", "", undefined, { id: name });
  const state = { text: null, titles: [], chosen: "" };
  node.append(make("span", "", "Search"), input, list);
  // A click shows all of the list: what is chosen would hide the others.
  input.addEventListener("focus", () => { input.placeholder = state.chosen; input.value = ""; });
  input.addEventListener("blur", () => { input.value = state.chosen; });
  input.addEventListener("change", () => {
    const words = input.value.trim();
    const index = state.titles.findIndex((title) => title.toLowerCase() === words.toLowerCase());
    if (!words) return;
    if (index < 0) { complain(`No test sequence is called “${words}”.`); return; }
    state.chosen = state.titles[index];
    pick(index);
    input.blur();
  });

  function show(text, chosen) {
    node.hidden = chosen === null || !text;
    if (node.hidden) return;
    if (text !== state.text) {
      state.text = text;
      if (!lists.has(text)) { lists.clear(); lists.set(text, JSON.parse(text)); }
      state.titles = lists.get(text);
      list.replaceChildren(...state.titles.map((title) => make("option", "", undefined, { value: title })));
    }
    state.chosen = chosen;
    if (document.activeElement !== input) input.value = chosen;
  }
  return { node, show };
}

