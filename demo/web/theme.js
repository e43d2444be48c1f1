// Colours of classes. Paul Tol's "muted" on light and "light" on dark can be distinguished with every kind of colour
// vision.
const PALETTES = {
  light: ["#CC6677", "#332288", "#b39a2f", "#117733", "#4FA9DB", "#882255", "#44AA99", "#7a7a1f", "#AA4499"],
  dark: ["#EE8866", "#77AADD", "#EEDD88", "#44BB99", "#99DDFF", "#FFAABB", "#BBCC33", "#AAAA00", "#DDDDDD"],
};

export function isDark() {
  return document.body.classList.contains("dark");
}

// The entry of a table that has one for each theme.
export function themed(table) {
  return isDark() ? table.dark : table.light;
}

export function palette() {
  return themed(PALETTES);
}

// The theme can change while the page is open.
export function onTheme(root, redraw) {
  let former = isDark();
  const observer = new MutationObserver(() => {
    if (!root.isConnected) {
      observer.disconnect();
      return;
    }
    if (former === isDark()) return;
    former = isDark();
    redraw();
  });
  observer.observe(document.body, { attributes: true, attributeFilter: ["class"] });
}

// The width of an element can change while another tab is open.
export function onWidth(element, redraw) {
  let former = 0;
  const observer = new ResizeObserver(() => {
    const width = element.clientWidth;
    if (width === former || !width) return;
    former = width;
    redraw();
  });
  observer.observe(element);
}
