// One side of a pair: factor menus and a small gallery that moves under the pointer.
const root = element.querySelector(".sd-chooser");
const side = root.dataset.side;
root.classList.add(`sd-side-${side}`);
const still = matchMedia("(prefers-reduced-motion: reduce)");

let repaint = () => {};
onTheme(root, () => repaint());
const title = make("div", "sd-chooser-title");
const menus = make("div", "sd-menus");
const note = make("p", "sd-chooser-note", "", { role: "status" });
const search = titleSearch(side, (index) => trigger("pick", { index }), (words) => { note.textContent = words; });
const grid = make("div", "sd-gallery", undefined, { role: "group", "aria-label": `Sequences for ${side}` });
const more = make("button", "sd-more", "Others", { type: "button" });
more.addEventListener("click", () => trigger("more", {}));
root.append(title, search.node, menus, note, grid, more);

function paintMenus() {
  const value = props.value;
  root.hidden = !value;
  if (!value) return;
  title.replaceChildren(
    make("span", `sd-dot`, side),
    make("span", "", `${side === "A" ? "First" : "Second"} ${value.one === "character" ? "sequence" : value.one}`),
    make("span", "sd-number", value.index === null ? "made by the model" : `test sequence ${value.index}`),
  );
  const focused = menus.contains(document.activeElement) ? document.activeElement.name : null;
  menus.replaceChildren();
  more.textContent = `Other ${value.one}s`;
  for (const factor of value.factors) {
    const label = make("label", `sd-menu sd-menu-${factor.kind}`);
    const select = make("select", "", undefined, { name: factor.name });
    factor.classes.forEach((name, i) => select.append(make("option", "", name, { value: i })));
    if (factor.value < 0) select.prepend(make("option", "", "unknown", { value: -1 }));
    select.value = String(factor.value);
    select.addEventListener("change", () => {
      const wanted = {};
      for (const s of menus.querySelectorAll("select")) if (Number(s.value) >= 0) wanted[s.name] = Number(s.value);
      trigger("wish", { factors: wanted, changed: factor.name });
    });
    label.append(make("span", "", factor.name), select);
    menus.append(label);
    if (factor.name === focused) select.focus();
  }
  if (value.numbers.length) menus.append(make("p", "sd-numbers", value.numbers.join(" · ")));
  note.textContent = value.note;
  search.show(props.titles, value.title);
  root.classList.toggle("sd-titled", value.title !== null);
  root.dataset.index = value.index;
  mark();
}

function mark() {
  for (const button of grid.children) {
    const chosen = Number(button.dataset.index) === props.value?.index;
    const pick = button.matches("button") ? button : button.querySelector(".sd-pick");
    pick.setAttribute("aria-pressed", String(chosen));
  }
}

function paintGallery() {
  const gallery = props.gallery;
  grid.replaceChildren();
  if (!gallery) return;
  grid.classList.toggle("sd-sounds", gallery.grey);
  if (gallery.grey) { paintGreys(gallery); return; }
  gallery.items.forEach((item, row) => {
    const button = make("button", "sd-pick", undefined, {
      type: "button", title: item.label, "aria-label": item.label, "data-index": item.id,
    });
    const film = make("span", "sd-film-cell");
    film.style.backgroundImage = `url("${gallery.sheet}")`;
    film.style.backgroundSize = `${gallery.frames * 100}% ${gallery.items.length * 100}%`;
    const place = (frame) => {
      film.style.backgroundPosition = `${(100 * frame) / (gallery.frames - 1)}% ${(100 * row) / (gallery.items.length - 1)}%`;
    };
    place(2 % gallery.frames);
    let timer = null;
    const start = () => {
      if (timer || still.matches) return;
      let frame = 0;
      timer = setInterval(() => place(frame++ % gallery.frames), 1000 / gallery.rate);
    };
    const stop = () => { clearInterval(timer); timer = null; place(2 % gallery.frames); };
    button.addEventListener("pointerenter", start);
    button.addEventListener("pointerleave", stop);
    button.addEventListener("focus", start);
    button.addEventListener("blur", stop);
    button.addEventListener("click", () => trigger("pick", { index: item.id }));
    button.append(film);
    grid.append(button);
  });
  mark();
}

// Spectrograms or plots to click on; sounds have a button that plays them without choosing them.
function paintGreys(gallery) {
  const [width, height] = gallery.cell, sheet = new Image(), pictures = [];
  gallery.items.forEach((item) => {
    const box = make("div", "sd-listen", undefined, { "data-index": item.id });
    const pick = make("button", "sd-pick", undefined, { type: "button", "aria-label": `Choose ${item.label}`, title: item.label, "data-index": item.id });
    const picture = make("canvas", "", undefined, { width, height, "aria-hidden": "true" });
    pictures.push(picture);
    pick.append(picture, make("span", "", item.title ?? item.label));
    pick.addEventListener("click", () => trigger("pick", { index: item.id }));
    box.append(pick);
    if (gallery.sound) {
      const button = make("button", "sd-hear", "▶", { type: "button", "aria-label": `Hear ${item.label}` });
      button.addEventListener("click", () => hear(server, props.value.checkpoint, item.id, box));
      box.append(button);
    }
    grid.append(box);
  });
  const paint = () => pictures.forEach((picture, row) => {
    picture.getContext("2d").drawImage(sheet, 0, row * height, width, height, 0, 0, width, height);
    colourise(picture);
  });
  sheet.onload = paint;
  sheet.src = gallery.sheet;
  repaint = paint;
  mark();
}
watch(["value", "titles"], paintMenus);
watch("gallery", paintGallery);
paintMenus();
paintGallery();
