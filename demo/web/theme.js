// Put before scripts that colour classes themselves. Paul Tol's "muted" on light and "light" on dark: told
// apart with every kind of colour vision.
const PALETTES = {
  light: ["#CC6677", "#332288", "#b39a2f", "#117733", "#4FA9DB", "#882255", "#44AA99", "#7a7a1f", "#AA4499"],
  dark: ["#EE8866", "#77AADD", "#EEDD88", "#44BB99", "#99DDFF", "#FFAABB", "#BBCC33", "#AAAA00", "#DDDDDD"],
};
const dark = () => document.body.classList.contains("dark");
const palette = () => PALETTES[dark() ? "dark" : "light"];

// The theme can change while the page is open.
function onTheme(root, redraw) {
  let was = dark();
  const seen = new MutationObserver(() => {
    if (!root.isConnected) { seen.disconnect(); return; }
    if (was !== dark()) { was = dark(); redraw(); }
  });
  seen.observe(document.body, { attributes: true, attributeFilter: ["class"] });
}

