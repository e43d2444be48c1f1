"""The templates of HTML pages and model cards."""

from __future__ import annotations

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from seqdisent.reporting import tables

ENVIRONMENT = Environment(
    loader=PackageLoader("seqdisent.reporting"),
    autoescape=select_autoescape(["html.jinja"]),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
)
ENVIRONMENT.globals["tables"] = tables


def render(template: str, **values: object) -> str:
    """A template of this package, filled in. HTML is escaped, Markdown is not."""
    return ENVIRONMENT.get_template(template).render(**values)
