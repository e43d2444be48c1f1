// One side of a pair: factor menus and a small gallery that moves under the pointer.
const root = element.querySelector(".sd-chooser");
const side = root.dataset.side;
root.classList.add(`sd-side-${side}`);
const still = matchMedia("(prefers-reduced-motion: reduce)");

const title = make("div", "sd-chooser-title");
const menus = make("div", "sd-menus");
const note = make("p", "sd-chooser-note", "", { role: "status" });
const grid = make("div", "sd-gallery", undefined, { role: "group", "aria-label": `Characters for ${side}` });
const more = make("button", "sd-more", "Other characters", { type: "button" });
more.addEventListener("click", () => trigger("more", {}));
root.append(title, menus, note, grid, more);

function paintMenus() {
  const value = props.value;
  root.hidden = !value;
  if (!value) return;
  title.replaceChildren(
    make("span", `sd-dot`, side),
    make("span", "", side === "A" ? "First sequence" : "Second sequence"),
    make("span", "sd-number", `test sequence ${value.index}`),
  );
  const focused = menus.contains(document.activeElement) ? document.activeElement.name : null;
  menus.replaceChildren();
  for (const factor of value.factors) {
    const label = make("label", `sd-menu sd-menu-${factor.kind}`);
    const select = make("select", "", undefined, { name: factor.name });
    factor.classes.forEach((name, i) => select.append(make("option", "", name, { value: i })));
    select.value = String(factor.value);
    select.addEventListener("change", () => {
      const wanted = {};
      for (const s of menus.querySelectorAll("select")) wanted[s.name] = Number(s.value);
      trigger("wish", { factors: wanted });
    });
    label.append(make("span", "", factor.name), select);
    menus.append(label);
    if (factor.name === focused) select.focus();
  }
  note.textContent = value.note;
  root.dataset.index = value.index;
  mark();
}

function mark() {
  for (const button of grid.children) {
    const chosen = Number(button.dataset.index) === props.value?.index;
    button.setAttribute("aria-pressed", String(chosen));
  }
}

function paintGallery() {
  const gallery = props.gallery;
  grid.replaceChildren();
  if (!gallery) return;
  const [width, height] = gallery.cell;
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

watch("value", paintMenus);
watch("gallery", paintGallery);
paintMenus();
paintGallery();
