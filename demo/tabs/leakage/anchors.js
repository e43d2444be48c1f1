// What swaps keep if the static code is read from another frame than in training.
import { make } from "../../web/dom.js";

function rowOf(tag, cells) {
  const row = make("tr");
  for (const cell of cells) row.append(make(tag, "", cell));
  return row;
}

export function anchorTable(report) {
  const { header, rows, sentence } = report.anchors;
  const box = make("section", "sd-anchors", undefined, { "aria-label": `Anchor frames of ${report.title}` });
  const table = make("table");
  table.append(rowOf("th", header));
  for (const cells of rows) table.append(rowOf("td", cells));
  const scroll = make("div", "sd-anchor-scroll");
  scroll.append(table);
  box.append(make("h3", "", `${report.title}: read from another frame`), scroll, make("p", "sd-note", sentence));
  return box;
}
