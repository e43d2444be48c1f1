"""The components of the Upload tab."""

from __future__ import annotations

from typing import Any

import gradio as gr

from demo.web import components


def findings_list(**settings: Any) -> gr.HTML:
    """Lists in plain words, or what was refused. ``value`` is the JSON text of :mod:`demo.tabs.upload.findings`."""
    return components.component(
        '<div class="sd-findings" role="status"></div>', "tabs/upload/findings.js", **settings
    )


def columns_form(**settings: Any) -> gr.HTML:
    """A form for what the columns of a table are.

    ``value`` is :func:`demo.tabs.upload.table_payload.form`, None for none. Triggers ``correct`` with a
    :class:`demo.core.messages.ColumnChoice`.
    """
    return components.component(
        '<form class="sd-roles" aria-label="What the columns are" hidden></form>',
        "tabs/upload/columns_form.js",
        triggers=("correct",),
        **settings,
    )
