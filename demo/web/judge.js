// What the judge sees in a clip, and how often it is right.
import { make } from "./dom.js";

const KEPT = { glyph: "✓", className: "sd-kept" };
const LOST = { glyph: "✗", className: "sd-lost" };
const OPEN = { glyph: "?", className: "sd-open" };

function mark(kept) {
  if (kept === null) return OPEN;
  return kept ? KEPT : LOST;
}

function sentence({ factor, expected, seen, kept }) {
  if (kept === null) return `${factor}: judge sees ${seen}; the expected label is unknown`;
  if (kept) return `${factor}: ${seen}, as expected`;
  return `${factor}: expected ${expected}, judge sees ${seen}`;
}

export function verdictMarks(verdicts) {
  const list = make("ul", "sd-verdict", undefined, { "aria-label": "What the judge sees" });
  for (const verdict of verdicts) {
    const { glyph, className } = mark(verdict.kept);
    const item = make("li", className, `${glyph} ${verdict.factor}`);
    item.title = sentence(verdict);
    if (verdict.accuracy !== null) {
      item.title += ` (the judge is right on ${verdict.accuracy} % of real test sequences)`;
    }
    item.setAttribute("aria-label", item.title);
    list.append(item);
  }
  return list;
}

export function judgeNote(accuracies) {
  const listed = Object.entries(accuracies).map(([factor, percent]) => `${factor} ${percent} %`);
  return make(
    "p",
    "sd-note",
    "✓ kept and ✗ lost are predictions of a judge: a classifier trained on real training sequences. " +
      `Its own accuracy on real test sequences: ${listed.join(", ")}.`,
  );
}
