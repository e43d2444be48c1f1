// Controls of the form: buttons of which one is pressed, and labelled fields.
import { make, makeButton } from "../../web/dom.js";

// A row of buttons of which one is pressed. `options` are [value, words, title].
export function buttonChoice(label, className, changed) {
  const node = make("div", `sd-choice ${className}`, undefined, { role: "group", "aria-label": label });
  let value = null;

  function press() {
    for (const button of node.children) {
      button.setAttribute("aria-pressed", String(button.dataset.value === value));
    }
  }

  function set(chosen) {
    value = chosen;
    press();
  }

  function optionButton([option, text, title]) {
    const onClick = () => {
      if (value === option) return;
      set(option);
      changed(option);
    };
    return makeButton("", text, onClick, { "data-value": option, title: title ?? text });
  }

  function load(options) {
    const former = [...node.children].map((button) => button.textContent).join();
    if (options.map(([, text]) => text).join() === former) return;
    node.replaceChildren(...options.map(optionButton));
    press();
  }

  return { node, load, set, get: () => value, first: () => node.firstChild.dataset.value };
}

export function labelledField(label, input, readout) {
  const node = make("label", "sd-field");
  const name = make("span", "sd-field-name", label);
  node.append(name, input);
  if (readout) node.append(readout);
  return { node, name };
}

export function slider(attributes) {
  return make("input", "sd-scrub", undefined, { type: "range", ...attributes });
}
