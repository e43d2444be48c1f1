// Put before leakage.js, behind heat.js: the verdicts on one code, what leaks first.
function verdictList(report, code) {
  const about = report.about[code];
  const mine = report.verdicts.filter((v) => v.code === code);
  const box = make("section", `sd-code sd-code-${code}`, undefined, { "aria-label": `Verdict on the ${code} code` });
  const title = make("h3", "", `${code === "static" ? "Static" : "Dynamic"} code`);
  title.append(make("span", "", about));
  const tally = make("p", "sd-tally");
  const list = make("ul");
  for (const [level, [glyph, words]] of Object.entries(LEVELS)) {
    const those = mine.filter((v) => v.level === level);
    if (!those.length) continue;
    const chip = make("span", `sd-chip sd-level-${level}`);
    chip.append(make("b", "", `${glyph} ${those.length}`), make("span", "", words));
    tally.append(chip);
  }
  for (const { level, factor, text } of mine) {
    const item = make("li", `sd-level-${level}`, undefined, { "data-level": level, "data-factor": factor });
    // The sentence, then its figures: the same words, the second part quieter.
    const colon = text.indexOf(": ");
    const words = make("span", "sd-says");
    words.append(make("span", "sd-sentence", colon < 0 ? text : text.slice(0, colon + 1)));
    if (colon >= 0) words.append(make("span", "sd-figures", ` ${text.slice(colon + 2)}`));
    item.append(make("span", "sd-glyph", LEVELS[level][0], { role: "img", "aria-label": LEVELS[level][1] }), words);
    list.append(item);
  }
  const head = make("div", "sd-code-head");
  head.append(title, tally);
  box.append(head, list);
  return box;
}

