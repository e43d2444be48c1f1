// Put before each script: an element with a class, a text (never HTML) and attributes.
function make(tag, className, text, attributes) {
  return dress(document.createElement(tag), className, text, attributes);
}
// The same of a drawing.
function makeSvg(tag, className, text, attributes) {
  return dress(document.createElementNS("http://www.w3.org/2000/svg", tag), className, text, attributes);
}
function dress(node, className, text, attributes) {
  if (className) node.setAttribute("class", className);
  if (text !== undefined) node.textContent = text;
  for (const [name, value] of Object.entries(attributes || {})) node.setAttribute(name, value);
  return node;
}
