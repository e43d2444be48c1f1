"""Tables in Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from tabulate import DataRow, TableFormat, tabulate


def _rule(widths: Sequence[int], alignments: Sequence[str]) -> str:
    return "|" + "---|" * len(widths)


# Cells as they are, without padding: a changed cell changes one line of a diff.
_COMPACT = TableFormat(
    lineabove=None,
    linebelowheader=_rule,
    linebetweenrows=None,
    linebelow=None,
    headerrow=DataRow("| ", " | ", " |"),
    datarow=DataRow("| ", " | ", " |"),
    padding=0,
    with_header_hide=None,
)


def markdown_table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table of texts, without a line break at its end."""
    return tabulate(
        [list(row) for row in rows],
        headers=list(header),
        tablefmt=_COMPACT,
        stralign=None,
        disable_numparse=True,
    )
