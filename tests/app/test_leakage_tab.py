"""The leakage microscope as a visitor meets it."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from demo.core import reports
from demo.tabs.leakage import payload as report_payloads
from tests.fixtures.app import UNLABELLED

TILE = "#sd-leakage .sd-heat-tile[data-code]"


@pytest.fixture
def opened(page: Page) -> Page:
    """The page, its Leakage tab open."""
    page.get_by_role("tab", name="Leakage").click()
    page.wait_for_selector(".sd-leakage[data-key]")
    return page


def compare(page: Page, name: str) -> None:
    page.locator("#sd-compare input").click()
    page.get_by_role("option", name=name).click()


def test_verdicts_come_first_and_the_table_has_the_numbers_of_the_heat_map(opened: Page) -> None:
    report = reports.find("vast-sprites")
    said = opened.locator(".sd-verdicts li .sd-says").all_inner_texts()
    assert sorted(said) == sorted(v.text for v in report.leakage.verdicts)
    top = opened.locator(".sd-verdicts").bounding_box()["y"]
    assert top < opened.locator(".sd-heats").bounding_box()["y"]

    # Whatever is switched on, a tile says what the table says.
    heat_map, _ = report_payloads.tables(report)
    rows = [dict(zip(heat_map["headers"], values, strict=True)) for values in heat_map["data"]]
    key = ("code", "view", "posterior", "factor", "probe")
    table = {tuple(row[name] for name in key): row for row in rows}

    def shown() -> dict[tuple[str, str], float]:
        tiles = opened.eval_on_selector_all(TILE, "all => all.map(t => ({ ...t.dataset }))")
        return {(t["code"], t["factor"]): float(t["value"]) for t in tiles}

    for (code, factor), value in shown().items():
        strongest = [
            row
            for row in rows
            if (row["code"], row["posterior"], row["factor"]) == (code, "mean", factor)
            and row["strongest view"]
            and row["chosen"]
        ]
        assert [row["bits"] for row in strongest] == [value]
    for choice in ("score", "linear", "sample"):
        opened.locator(f'.sd-switch input[value="{choice}"]').check()
    opened.locator('input[name="sd-leakage-dynamic"][value="mean"]').check()
    for (code, factor), value in shown().items():
        view = "static" if code == "static" else "mean"
        assert value == table[code, view, "sample", factor, "linear"]["score"]
    assert len(shown()) == 14

    opened.get_by_text("The same as tables").click()
    filled = opened.locator("#sd-report-tables table").filter(has_text="neighbours").first
    filled.wait_for()
    cells = filled.text_content() or ""  # rows out of sight count
    assert "entropy bits" in cells and "neighbours" in cells
    opened.reload()  # the address keeps the tab
    opened.wait_for_selector(".sd-leakage[data-key]")


def test_a_tile_explains_itself_to_mouse_and_keyboard(opened: Page) -> None:
    opened.locator(TILE).first.hover()
    card = opened.locator(".sd-card")
    for words in (
        "95 % interval",
        "chance",
        "majority",
        "shuffled labels",
        "permutation",
        "entropy",
    ):
        assert words in card.inner_text()
    opened.mouse.move(0, 0)
    assert card.is_hidden()
    opened.locator(TILE).first.focus()
    before = card.inner_text()
    opened.keyboard.press("ArrowDown")
    opened.keyboard.press("ArrowRight")
    assert card.is_visible() and card.inner_text() != before
    assert "dynamic code" in opened.evaluate(
        "() => document.activeElement.getAttribute('aria-label')"
    )
    opened.keyboard.press("Escape")
    assert card.is_hidden()


def test_one_scrubber_moves_the_pair_and_the_curve(opened: Page) -> None:
    opened.wait_for_selector(".sd-timeline[data-pair]")
    mark = opened.locator(".sd-step")
    picture = "() => document.querySelector('.sd-actor canvas').toDataURL()"
    left, pixels = mark.bounding_box()["x"], opened.evaluate(picture)
    assert opened.locator(".sd-timeline .sd-play").inner_text() == "▶ Play"  # motion is unwelcome
    opened.focus(".sd-timeline")
    for _ in range(3):
        opened.keyboard.press("ArrowRight")
    assert opened.locator(".sd-timeline").get_attribute("data-frame") == "3"
    assert opened.evaluate(picture) != pixels and mark.bounding_box()["x"] > left
    assert opened.locator(".sd-readout").inner_text().startswith("Step 4:")
    opened.locator(".sd-timeline .sd-scrub").fill("0")
    assert opened.evaluate(picture) == pixels and mark.bounding_box()["x"] == left
    skin = opened.locator('.sd-factor[data-factor="skin"]')
    was = skin.get_attribute("aria-pressed") == "true"
    skin.click()
    assert (opened.locator('.sd-point[data-factor="skin"]').count() > 0) != was


def test_two_checkpoints_side_by_side_and_a_factor_without_labels_has_no_number(
    opened: Page,
) -> None:
    compare(opened, "DSVAE")
    opened.wait_for_selector(".sd-two .sd-heat-box:nth-child(2)")
    for box in ("Heat map of DSVAE · Drawn sprites", "Paired difference"):
        for tile in (
            opened.get_by_label(box, exact=True).locator(f'[data-factor="{UNLABELLED}"]').all()
        ):
            said = tile.inner_text()
            assert "not measurable" in said and not any(c.isdigit() for c in said)
            assert tile.get_attribute("data-value") is None
    assert "+0.00" in opened.get_by_label("Paired difference", exact=True).inner_text()
    opened.get_by_text("Verdict on DSVAE").click()
    assert "hair cannot be measured" in opened.locator(".sd-second").inner_text()


def test_what_is_not_measured_is_measured_when_asked(opened: Page, checkpoints) -> None:
    compare(opened, "Leaky")
    opened.wait_for_selector(".sd-two .sd-badge", timeout=120_000)
    assert (
        "smaller sample" in opened.locator(".sd-difference").inner_text()
    )  # why there is no difference
    assert opened.locator("#sd-offer").is_hidden()
    with opened.expect_download() as waiting:
        opened.click("#sd-report-csv")
    assert waiting.value.suggested_filename == "vast-sprites-leakage.csv"


def test_the_leak_recolours_both_maps_and_shuffling_is_labelled(page: Page) -> None:
    page.get_by_role("tab", name="Maps").click()
    page.wait_for_selector("#sd-maps [data-count='888']")
    static, dynamic = reports.leaked_most("vast-sprites")
    page.click("#sd-leak")
    page.wait_for_selector(f'.sd-plot[data-part="static"][data-colour="{static}"]')
    page.wait_for_selector(f'.sd-plot[data-part="dynamic"][data-colour="{dynamic}"]')
    assert page.locator("#sd-colour-static input").input_value() == static
    labels = """() => document.querySelector(".sd-plot").data.filter(t => t.customdata).map(t => [...t.customdata])"""
    own = page.evaluate(labels)
    page.click(".sd-shuffle")
    assert "Labels are shuffled" in page.locator(".sd-noise").inner_text()
    shuffled = page.evaluate(labels)
    assert shuffled != own and sorted(map(len, shuffled)) == sorted(map(len, own))
    assert "shuffled" in page.locator(".sd-trust").first.inner_text()
    page.click(".sd-shuffle")
    assert page.evaluate(labels) == own and page.locator(".sd-noise").is_hidden()
    page.get_by_role("button", name="Show what is expected").click()
    page.wait_for_selector('.sd-plot[data-part="dynamic"][data-colour="action"]')


def test_a_phone_does_not_scroll_sideways(opened: Page) -> None:
    opened.set_viewport_size({"width": 360, "height": 780})
    compare(opened, "DSVAE")
    opened.wait_for_selector(".sd-slim")
    opened.get_by_text("The same as tables").click()
    opened.wait_for_selector("#sd-report-tables table")
    assert opened.evaluate("() => document.documentElement.scrollWidth") <= 360
    clipped = opened.eval_on_selector_all(
        ".sd-tile-name, .sd-big", "all => all.filter(e => e.scrollWidth > e.clientWidth + 1).length"
    )
    assert clipped == 0


def test_the_judge_speaks_of_every_factor_beside_its_own_accuracy(page: Page) -> None:
    marks = page.locator(".sd-swap .sd-verdict").first.locator("li")
    assert marks.count() == 7
    assert "90 % of real test sequences" in marks.first.get_attribute("title")
    assert "direction 90 %" in page.locator(".sd-note").first.inner_text()
