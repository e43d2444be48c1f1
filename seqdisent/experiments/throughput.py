"""``seqdisent throughput``: sequences a second, our recipe against the published architecture.

The published architecture is that of the released DBSE code, built the plain way: DCGAN with 64 to
512 channels and batch normalisation, 256-d codes, and an LSTM prior of two cells stepped in a
Python loop. Both run in the same process on the same random frames, float32.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import torch
from rich.console import Console
from rich.table import Table
from torch import Tensor, nn

from seqdisent.data import dataset_spec
from seqdisent.distributions import DiagonalGaussian
from seqdisent.models import SequentialVAE, build_model
from seqdisent.models.dbse import DBSEConfig
from seqdisent.nn.config import FrameConfig
from seqdisent.nn.priors import StochasticPrior
from seqdisent.recipes import recipe as find_recipe
from seqdisent.types import Sequences


class LoopedPrior(StochasticPrior):
    """The published prior: two LSTM cells stepped one frame at a time, also in training."""

    def __init__(self, size: int, hidden: int) -> None:
        super().__init__(size, hidden)
        self.hidden = hidden
        self.first, self.second = nn.LSTMCell(size, hidden), nn.LSTMCell(hidden, hidden)
        self.head = nn.Linear(hidden, 2 * size)

    def forward(self, z: Tensor) -> DiagonalGaussian:
        """p(z_t | z_<t) for ``z [B, K, D]``."""
        zeros = z.new_zeros(len(z), self.hidden)
        a, b, step, out = (zeros, zeros), (zeros, zeros), torch.zeros_like(z[:, 0]), []
        for t in range(z.shape[1]):
            a = self.first(step, a)
            b = self.second(a[0], b)
            out.append(self.head(b[0]))
            step = z[:, t]
        return DiagonalGaussian.from_parameters(torch.stack(out, 1))


def published() -> SequentialVAE:
    """DBSE with the published sizes for Sprites, for timing only."""
    frame = FrameConfig(kind="dcgan", width=64, features=256)
    config = DBSEConfig(static_size=256, dynamic_size=256, hidden=256, frame=frame)
    model = build_model("dbse", dataset_spec("sprites"), config)
    model.prior = LoopedPrior(256, 256)
    return model


def rate(work: Callable[[], object], sequences: int, seconds: float) -> float:
    """Sequences a second of ``work``, after one warm-up call, over at least ``seconds``."""
    work()
    started, calls = time.perf_counter(), 0
    while time.perf_counter() - started < seconds:
        work()
        calls += 1
    return calls * sequences / (time.perf_counter() - started)


def measure(model: SequentialVAE, batch: Sequences, seconds: float) -> dict[str, float]:
    """Sequences a second of a training step, encoding and decoding; milliseconds of one swap."""
    optimizer = torch.optim.Adam([p for p in model.parameters() if p.requires_grad])

    def step() -> None:
        loss = model.loss(batch).total
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()

    size = len(batch)
    found = {"train step": rate(step, size, seconds)}
    model.eval()
    with torch.inference_mode():
        latents = model.encode(batch.x, sample=False).latents

        def swap() -> None:
            pair = model.encode(batch.x[:2], sample=False).latents
            for codes in model.swap(pair[:1], pair[1:]):
                model.decode(codes)

        found["encode"] = rate(lambda: model.encode(batch.x, sample=False), size, seconds)
        found["decode"] = rate(lambda: model.decode(latents), size, seconds)
        found["swap of one pair, ms"] = 1000 / rate(swap, 1, seconds)
    return found


def compare(name: str, batch_size: int, seconds: float) -> Table:
    """A table of a recipe against the published architecture.

    Args:
        name: of the recipe.
        seconds: for each measurement.
    """
    torch.manual_seed(0)
    ours = find_recipe(name).build()
    assert isinstance(ours, SequentialVAE), f"{name} is a judge"
    # The type stubs of torch lack this overload.
    ours.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    frames = (batch_size, ours.spec.frames, *ours.spec.event_shape)
    batch = Sequences(torch.rand(frames), torch.ones(frames[:2], dtype=torch.bool))
    threads = torch.get_num_threads()
    table = Table(title=f"sequences/s, batch {batch_size}, {threads} threads, float32")
    table.add_column("")
    for column in (name, "published, plain", "ratio"):
        table.add_column(column, justify="right")
    of_ours = measure(ours, batch, seconds)
    of_published = measure(published(), batch, seconds)
    for what, value in of_ours.items():
        ratio = value / of_published[what]
        if what.endswith("ms"):  # less is better
            ratio = 1 / ratio
        table.add_row(what, f"{value:.1f}", f"{of_published[what]:.1f}", f"{ratio:.1f}x")
    return table


def main() -> None:
    """Print the table."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--recipe", default="vast-sprites", help="the recipe to time")
    options.add_argument("--batch-size", type=int, default=64)
    options.add_argument("--seconds", type=float, default=10.0, help="for each measurement")
    args = options.parse_args()
    Console().print(compare(args.recipe, args.batch_size, args.seconds))


if __name__ == "__main__":
    main()
