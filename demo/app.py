"""The interactive app: ``python demo/app.py``."""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
import threading
from pathlib import Path

# Run as a script from a fresh clone, `demo` and `seqdisent` are found beside this file's folder.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")  # the app talks to nobody

import gradio as gr

from demo import about, api
from demo import download_panel as data
from demo import page as events
from demo import upload_api as own_api
from demo.core import service
from demo.tabs.generate import events as generate_events
from demo.tabs.generate import tab as generate
from demo.tabs.leakage import tab as leakage
from demo.tabs.maps import tab as maps
from demo.tabs.swap import payload as payloads
from demo.tabs.swap import tab as swap
from demo.tabs.upload import events as voice_events
from demo.tabs.upload import tab as own
from demo.web.components import DEMO, PLOTLY
from seqdisent.audio.decode import MAX_MEGABYTES

TITLE = "seqdisent"
LEAD = (
    "Swap the **look** and the **motion** of two characters, the **voice** and the **words** of two speakers, or the "
    "**level** and the **course** of two sensors, and see what a model's codes really know."
)
TABS = {"swap": swap, "generate": generate, "leakage": leakage, "maps": maps, "voice": own}
LABELS = {"voice": "Your own"}
HOUR = 3600


def build() -> gr.Blocks:
    """The app; nothing in it belongs to one visitor."""
    with gr.Blocks(
        title=f"{TITLE}: sequential disentanglement", delete_cache=(HOUR, 6 * HOUR)
    ) as app:
        with gr.Row(elem_classes="sd-top"):
            gr.Markdown(f"# {TITLE}\n{LEAD}", elem_classes="sd-title")
            checkpoint = gr.Dropdown(
                events.choices(),
                value=service.default_checkpoint(),
                label="Checkpoint",
                min_width=230,
                scale=0,
                elem_id="sd-checkpoint",
            )
        notice = data.layout()
        with gr.Column(visible=False) as work, gr.Tabs(elem_id="sd-tabs") as tabs:
            tab, parts = {}, {}
            for name, module in TABS.items():
                with gr.Tab(LABELS.get(name, name.title()), id=name) as tab[name]:
                    parts[name] = module.layout()
        about.layout()
        where = gr.State(next(iter(TABS)))
        page = events.Page(checkpoint, notice, work, tabs, tab, where, **parts)
        # First: gradio gives a name to whoever asks for it first, also to private events.
        api.connect()
        own_api.connect()
        generate_events.connect(page, events.connect(app, page))
        voice_events.connect(page)
    return app.queue(max_size=64)


def launch_options() -> dict:
    """What ``launch`` needs for the looks and for working without a network."""
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
        "css_paths": [
            DEMO / name / "style.css"
            for name in ("web", "tabs/leakage", "tabs/upload", "tabs/generate")
        ],
        "footer_links": ["api", "gradio", "settings"],
        "max_file_size": f"{MAX_MEGABYTES}mb",  # of recordings and tables; nothing else is uploaded
        "show_error": True,
        "ssr_mode": False,
    }


def warm() -> None:
    """Load the first checkpoint before the first visitor asks for it."""
    with contextlib.suppress(service.ServiceError):  # the page says what is wrong
        if name := service.default_checkpoint():
            payloads.warm(name)


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
