"""Codes of a visitor's own model: read from a file within bounds, measured, and placed on maps.

Nothing here depends on a checkpoint, and nothing is written to disk.
"""

from __future__ import annotations

import contextlib
import io
import math
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

import numpy as np

from demo.core import pairs
from demo.core.reports import Progress, steady
from demo.core.upload_store import UploadStore, new_key
from demo.errors import RequestError
from seqdisent.audio.decode import MAX_MEGABYTES
from seqdisent.errors import UsageError
from seqdisent.evaluation.arrays import SHARES, CodeArrays, leakage_of
from seqdisent.evaluation.code_files import array_shapes, read_codes
from seqdisent.evaluation.leakage import QUICK, Effort
from seqdisent.evaluation.schema import CODES, Report
from seqdisent.evaluation.splits import SPLITS
from seqdisent.io import Arrays
from seqdisent.projections import maps as projections
from seqdisent.projections.methods import METHODS

MEGABYTES = MAX_MEGABYTES  # of a file: the server takes no larger uploads
UNPACKED_MEGABYTES = 100
SEQUENCES = 20_000
STEPS = 64
STATIC_SIZE = 512
DYNAMIC_SIZE = 2048  # of all steps together
FACTORS = 12
CLASSES = 250
NAME_LENGTH = 60
BOUNDS = (
    f"at most {MEGABYTES} MB ({UNPACKED_MEGABYTES} MB unpacked), {SEQUENCES:,} sequences, {STEPS} steps, static codes "
    f"of {STATIC_SIZE} numbers, dynamic codes of {DYNAMIC_SIZE:,} numbers a sequence, {FACTORS} factors with "
    f"{CLASSES} classes each"
)

MEASURED = 1500  # sequences at most, so that it takes about half a minute on two cores
EFFORT: Effort = QUICK
PHASES = (
    19  # of a measurement: three views in two representations by three families, and single steps
)
WAITING = 3  # measurements that may wait for another
MAPPED = 888  # sequences on the maps
MESSAGE_LENGTH = 400

STORE = UploadStore(most=16)


@dataclass(eq=False)
class CodeUpload:
    """The codes of a file.

    Args:
        key: the token under which they are kept.
        total: sequences in the file.
        arrays: the sequences that are measured, all or :data:`MEASURED` of them.
        has_groups: whether the file says which sequences are not independent.
        report: once it is measured.
        stopped: set when the measurement is to end.
    """

    key: str
    total: int
    arrays: CodeArrays
    has_groups: bool
    report: Report | None = None
    stopped: threading.Event = field(default_factory=threading.Event)

    @property
    def checkpoint(self) -> str:
        """None of the app's."""
        return ""

    @property
    def size(self) -> int:
        """Bytes of the codes and labels."""
        labels = sum(value.nbytes for value in self.arrays.labels.values())
        return self.arrays.static.nbytes + self.arrays.dynamic.nbytes + labels

    @property
    def sources(self) -> str:
        """What is independent of each other."""
        return "groups" if self.has_groups else "sequences"


def read(content: bytes) -> CodeUpload:
    """Read a file of codes (:mod:`seqdisent.evaluation.code_files`) and keep what is to be measured.

    Raises:
        RequestError: if it is no such file, or exceeds a bound; the message says which.
    """
    if len(content) > MEGABYTES * 2**20:
        raise RequestError(f"The file has more than {MEGABYTES} MB. Taken are files of {BOUNDS}.")
    file = io.BytesIO(content)
    most_bytes = UNPACKED_MEGABYTES * 2**20
    try:
        shapes = array_shapes(file, most_bytes)
        _check_shapes(shapes)
        arrays = read_codes(file, most_bytes)
    except UsageError as error:
        raise RequestError(_sentence(error)) from error
    _check_factors(arrays)
    upload = CodeUpload(new_key(), len(arrays), _sampled(arrays), "groups" in shapes)
    STORE.keep(upload)
    return upload


def find(key: object) -> CodeUpload:
    """What is kept under a token; RequestError if it is no longer."""
    found: CodeUpload = STORE.get(key)
    return found


def forget(key: str | None) -> None:
    """Drop the codes of a visitor, and end their measurement."""
    stop(key)
    STORE.forget(key)


def stop(key: str | None) -> None:
    """End the measurement of some codes."""
    # What is gone has no measurement any more.
    with contextlib.suppress(RequestError):
        find(key).stopped.set()


def _check_shapes(shapes: dict[str, tuple[int, ...]]) -> None:
    """The bounds that the shapes of the arrays show, before any array is read."""
    factors = [key for key in shapes if "/" in key]
    if len(factors) > FACTORS:
        raise RequestError(f"There are {len(factors)} factors; at most {FACTORS} are taken.")
    for key, shape in shapes.items():
        if len(key) > NAME_LENGTH + len("dynamic/"):
            raise RequestError(f"The name {key[:40]!r}... is longer than {NAME_LENGTH} letters.")
        if key not in CODES and math.prod(shape) > SEQUENCES * STEPS:
            raise RequestError(
                f"The array {key!r} has the shape {list(shape)}; at most {SEQUENCES:,} sequences of {STEPS} steps "
                "are taken."
            )
    static, dynamic = shapes.get("static", ()), shapes.get("dynamic", ())
    if len(static) == 2:
        _at_most(static[0], SEQUENCES, "sequences")
        _at_most(static[1], STATIC_SIZE, "numbers in a static code")
    if len(dynamic) == 3:
        _at_most(dynamic[0], SEQUENCES, "sequences")
        _at_most(dynamic[1], STEPS, "steps")
        _at_most(
            dynamic[1] * dynamic[2], DYNAMIC_SIZE, "numbers in the dynamic codes of a sequence"
        )


def _at_most(count: int, most: int, what: str) -> None:
    if count > most:
        raise RequestError(
            f"There are {count:,} {what}; at most {most:,} are taken here. "
            "“seqdisent leakage” in the terminal has no such bound."
        )


def _check_factors(arrays: CodeArrays) -> None:
    for factor in arrays.factors:
        if len(factor.classes) > CLASSES:
            raise RequestError(
                f"{factor.name!r} has {len(factor.classes)} classes; at most {CLASSES} are taken."
            )


def _sentence(error: UsageError) -> str:
    text = str(error)[:MESSAGE_LENGTH]
    return f"{text[:1].upper()}{text[1:]}."


def _sampled(arrays: CodeArrays) -> CodeArrays:
    """At most :data:`MEASURED` of the sequences at random; of each split of the file its share."""
    if len(arrays) <= MEASURED:
        return arrays
    order = np.random.default_rng(0).permutation(len(arrays))
    if arrays.split is None:
        return _rows(arrays, np.sort(order[:MEASURED]))
    chosen = []
    for name in SPLITS:
        members = order[arrays.split[order] == name]
        chosen.append(members[: round(SHARES[name] * MEASURED)])
    return _rows(arrays, np.sort(np.concatenate(chosen)))


def _rows(arrays: CodeArrays, rows: np.ndarray) -> CodeArrays:
    return replace(
        arrays,
        static=arrays.static[rows],
        dynamic=arrays.dynamic[rows],
        labels={name: value[rows] for name, value in arrays.labels.items()},
        groups=np.unique(arrays.groups[rows], return_inverse=True)[1],
        split=None if arrays.split is None else arrays.split[rows],
    )


class Turns:
    """One measurement at a time.

    Args:
        waiting: how many may wait for it; more are refused.
    """

    def __init__(self, waiting: int) -> None:
        self._waiting = waiting
        self._inside = threading.BoundedSemaphore(waiting + 1)
        self._turn = threading.Lock()

    @contextlib.contextmanager
    def turn(self, while_waiting: Callable[[], None]) -> Iterator[None]:
        """Wait for the turn; ``while_waiting`` is called twice a second and may raise.

        Raises:
            RequestError: if too many are waiting.
        """
        if not self._inside.acquire(blocking=False):
            raise RequestError(
                f"{self._waiting} measurements of codes are waiting already; try again in some minutes."
            )
        try:
            while not self._turn.acquire(timeout=0.5):
                while_waiting()
            try:
                yield
            finally:
                self._turn.release()
        finally:
            self._inside.release()


TURNS = Turns(WAITING)


def measure(upload: CodeUpload, progress: Progress | None = None) -> Report:
    """The report of some codes, measured once.

    Raises:
        RequestError: if they cannot be measured, too many are waiting, or the measurement was cancelled.
    """
    report_progress = steady(progress, PHASES)
    upload.stopped.clear()

    def check_stopped() -> None:
        if upload.stopped.is_set():
            raise RequestError("The measurement was cancelled.")

    def while_waiting() -> None:
        check_stopped()
        if progress is not None:
            progress(0.0, "Waiting for another visitor's measurement")

    def watched(task: str, done: int, total: int) -> None:
        check_stopped()
        report_progress(task, done, total)

    with TURNS.turn(while_waiting):
        if upload.report is None:
            try:
                report = leakage_of(upload.arrays, effort=EFFORT, progress=watched)
            except RequestError:
                raise
            except UsageError as error:
                raise RequestError(_sentence(error)) from error
            except ValueError as error:
                raise RequestError(
                    f"These codes cannot be measured: {error}"[:MESSAGE_LENGTH]
                ) from error
            check_stopped()
            upload.report = report
        return upload.report


def mapped_rows(upload: CodeUpload) -> np.ndarray:
    """Which of the sequences are on the maps, in order."""
    return projections.choose_rows(len(upload.arrays), MAPPED)


def maps(upload: CodeUpload, method: str, progress: Progress | None = None) -> Arrays:
    """Maps of the static codes and of the means over time of the dynamic codes.

    Returns:
        As :func:`seqdisent.projections.maps.compute`.
    """
    if method not in METHODS:
        raise RequestError(f"method: one of {', '.join(METHODS)}; not {str(method)[:20]!r}.")
    rows = mapped_rows(upload)
    codes = {
        "static": upload.arrays.static[rows],
        "dynamic": upload.arrays.dynamic[rows].mean(1),
    }
    return projections.compute(codes, method, progress)


def sequence_labels(arrays: CodeArrays) -> dict[str, np.ndarray]:
    """One label a sequence ``[N]`` for every factor; where it changes, the mean or the most frequent class."""
    found = {}
    for factor in arrays.factors:
        values = arrays.labels[factor.name]
        if values.ndim == 2:
            exists = np.ones(values.shape, bool)
            if factor.continuous:
                values = pairs.mean_label(values, exists)
            else:
                values = pairs.most_frequent_label(values, exists, len(factor.classes))
        found[factor.name] = values
    return found
