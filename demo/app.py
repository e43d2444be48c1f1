"""The interactive app: ``python demo/app.py``."""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
import threading
from pathlib import Path
from typing import Any

# Run as a script from a fresh clone, `demo` and `seqdisent` are found beside this file's folder.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")  # the app talks to nobody

import gradio as gr

from demo import api, page
from demo.core import catalog
from demo.errors import RequestError
from demo.tabs.swap import payload
from demo.web.assets import PLOTLY, routes, style_sheets
from seqdisent.audio.decode import MAX_MEGABYTES

HOUR = 3600


def build() -> gr.Blocks:
    """The app; nothing in it belongs to one visitor."""
    with gr.Blocks(
        title=f"{page.TITLE}: sequential disentanglement", delete_cache=(HOUR, 6 * HOUR)
    ) as app:
        parts = page.build()
        # First: gradio gives a name to whoever asks for it first, also to private events.
        api.connect()
        page.Wiring(app, *parts)
    return app.queue(max_size=64)


def launch_options() -> dict[str, Any]:
    """What ``launch`` needs for the scripts and styles, and for working without a network."""
    gr.set_static_paths([PLOTLY])
    sans = ("system-ui", "-apple-system", "Segoe UI", "Roboto", "Noto Sans", "sans-serif")
    mono = ("ui-monospace", "SF Mono", "Cascadia Mono", "Menlo", "Consolas", "monospace")
    return {
        # Grey on purpose: on this page orange means A and blue means B.
        "theme": gr.themes.Base(
            primary_hue="stone",
            secondary_hue="stone",
            neutral_hue="stone",
            font=sans,
            font_mono=mono,
            radius_size=gr.themes.sizes.radius_lg,
        ).set(
            body_text_color_subdued="*neutral_600",
            body_text_color_subdued_dark="*neutral_400",
            button_primary_background_fill="*neutral_800",
            button_primary_background_fill_hover="*neutral_950",
            button_primary_background_fill_dark="*neutral_100",
            button_primary_background_fill_hover_dark="white",
            button_primary_text_color="white",
            button_primary_text_color_dark="*neutral_900",
        ),
        "css_paths": style_sheets(),
        "app_kwargs": {"routes": routes()},
        "footer_links": ["api", "gradio", "settings"],
        "max_file_size": f"{MAX_MEGABYTES}mb",  # of recordings, tables and codes; nothing else is uploaded
        "show_error": True,
        "ssr_mode": False,
    }


def warm() -> None:
    """Load the first checkpoint before the first visitor asks for it."""
    name = catalog.default_checkpoint()
    if name is None:
        return
    with contextlib.suppress(RequestError):  # the page says what is wrong
        payload.warm(name)


def main(arguments: list[str] | None = None) -> None:
    """Parse the command line, build, launch."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--host", default=None, help="address to listen on (default: this machine only)"
    )
    parser.add_argument(
        "--port", type=int, default=None, help="port (default: the first free one from 7860)"
    )
    parser.add_argument(
        "--checkpoints", type=Path, default=None, help="folder of checkpoints to offer"
    )
    parser.add_argument("--share", action="store_true", help="make a public link (needs a network)")
    options = parser.parse_args(arguments)
    if options.checkpoints:
        if not options.checkpoints.is_dir():
            parser.error(f"{options.checkpoints} is not a folder")
        os.environ["SEQDISENT_CHECKPOINTS"] = str(options.checkpoints.resolve())
    app = build()
    app.launch(
        server_name=options.host,
        server_port=options.port,
        share=options.share,
        prevent_thread_lock=True,
        **launch_options(),
    )
    threading.Thread(target=warm, daemon=True).start()
    app.block_thread()


if __name__ == "__main__":
    main()
