// The verdicts on one code, what leaks first.
import { make } from "../../web/dom.js";
import { LEVELS } from "./heatmap.js";

const NAMES = { static: "Static", dynamic: "Dynamic" };

function tally(verdicts) {
  const node = make("p", "sd-tally");
  for (const [level, [glyph, words]] of Object.entries(LEVELS)) {
    const count = verdicts.filter((verdict) => verdict.level === level).length;
    if (!count) continue;
    const chip = make("span", `sd-chip sd-level-${level}`);
    chip.append(make("b", "", `${glyph} ${count}`), make("span", "", words));
    node.append(chip);
  }
  return node;
}

// The sentence, then its figures: the same words, the second part quieter.
function verdictItem({ level, factor, text }) {
  const attributes = { "data-level": level, "data-factor": factor };
  const item = make("li", `sd-level-${level}`, undefined, attributes);
  const [glyph, name] = LEVELS[level];
  const words = make("span", "sd-says");
  const colon = text.indexOf(": ");
  if (colon < 0) {
    words.append(make("span", "sd-sentence", text));
  } else {
    words.append(make("span", "sd-sentence", text.slice(0, colon + 1)));
    words.append(make("span", "sd-figures", ` ${text.slice(colon + 2)}`));
  }
  item.append(make("span", "sd-glyph", glyph, { role: "img", "aria-label": name }), words);
  return item;
}

export function verdictList(report, code) {
  const verdicts = report.verdicts.filter((verdict) => verdict.code === code);
  const label = { "aria-label": `Verdict on the ${code} code` };
  const box = make("section", `sd-code sd-code-${code}`, undefined, label);
  const head = make("div", "sd-code-head");
  const title = make("h3", "", `${NAMES[code]} code`);
  const list = make("ul");
  title.append(make("span", "", report.about[code]));
  head.append(title, tally(verdicts));
  list.append(...verdicts.map(verdictItem));
  box.append(head, list);
  return box;
}
