// Elements with a class, a text (never HTML) and attributes.

function dress(node, className, text, attributes) {
  if (className) node.setAttribute("class", className);
  if (text !== undefined) node.textContent = text;
  for (const [name, value] of Object.entries(attributes || {})) node.setAttribute(name, value);
  return node;
}

export function make(tag, className, text, attributes) {
  return dress(document.createElement(tag), className, text, attributes);
}

// The same for a drawing.
export function makeSvg(tag, className, text, attributes) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  return dress(node, className, text, attributes);
}

// A button that is not part of a form.
export function makeButton(className, text, onClick, attributes) {
  const button = make("button", className, text, { type: "button", ...attributes });
  button.addEventListener("click", onClick);
  return button;
}

// A picture that people without sight are told about by its label.
export function makePicture(width, height, label, className) {
  return make("canvas", className, undefined, { width, height, role: "img", "aria-label": label });
}

export function clamp(value, low, high) {
  return Math.min(high, Math.max(low, value));
}
