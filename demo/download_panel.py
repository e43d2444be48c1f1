"""What is shown in the place of the tabs while a checkpoint or its data are not there."""

from __future__ import annotations

import gradio as gr
from gradio.blocks import Block

from demo.core import catalog
from demo.errors import RequestError
from demo.web.events import Updates
from seqdisent.data import dataset_outline

NO_CHECKPOINT = (
    "### No checkpoint yet\nThe checkpoints folder holds no model. Train one with "
    "`seqdisent train vast-sprites`, or start the app with `--checkpoints FOLDER`."
)


class DownloadPanel:
    """What is missing, and a button that downloads it."""

    box: gr.Column
    text: gr.Markdown
    button: gr.Button
    progress: gr.Markdown

    def layout(self) -> None:
        """Add the panel, hidden."""
        with gr.Column(visible=False, elem_classes="sd-notice") as self.box:
            self.text = gr.Markdown(elem_id="sd-notice")
            self.button = gr.Button("Download", variant="primary", elem_id="sd-download")
            self.progress = gr.Markdown(elem_id="sd-progress", min_height=60)

    def outputs(self) -> list[Block]:
        """What :meth:`show` updates."""
        return [self.box, self.text, self.button]

    def show(self, name: str | None) -> Updates:
        """What a checkpoint needs first, hidden if nothing."""
        if name is None:
            return self._say(NO_CHECKPOINT, gr.update(visible=False))
        spec = catalog.spec_of(name)
        if catalog.data_ready(spec.name):
            hidden = gr.update(visible=False)
            return {self.box: hidden, self.text: "", self.button: hidden}
        source = dataset_outline(spec.name).source  # today's, not the one of the day of training
        text = (
            f"### {spec.title}: data set not downloaded yet\n"
            f"This checkpoint is shown with real test sequences, which come from their publisher.\n\n"
            f"- **Size** {_size(source.download_bytes)}\n- **Licence** {source.licence}\n"
            f"- **Credit** {source.credit}\n- **From** {source.url}"
        )
        return self._say(text, gr.update(visible=True, value=f"Download {spec.title}"))

    def _say(self, text: str, button: dict[str, object]) -> Updates:
        return {self.box: gr.update(visible=True), self.text: text, self.button: button}

    def download(self, name: str, progress: gr.Progress) -> str:
        """Fetch the data, with progress on the panel; returns what went wrong, or nothing."""

        def report(done: int, total: int) -> None:
            progress((done, total), desc="Downloading", unit="files")

        progress(0, desc="Connecting")
        try:
            catalog.fetch_data(name, report)
        except RequestError as error:
            return f"**The download did not succeed.** {error}"
        return ""


def _size(count: int) -> str:
    return f"{count / 1e6:.1f} MB" if count else "not stated by the publisher; a few MB"
