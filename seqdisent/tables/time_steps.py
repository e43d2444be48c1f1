"""How far apart the steps of a series are, and its usual name."""

from __future__ import annotations

import numpy as np
import pandas as pd

from seqdisent.errors import TableError

MINUTE, HOUR, DAY, MONTH = 60.0, 3600.0, 86_400.0, 2_629_800.0
NAMED = {
    12 * MONTH: "year",
    MONTH: "month",
    7 * DAY: "week",
    DAY: "day",
    HOUR: "h",
    MINUTE: "min",
    1.0: "s",
}
USUAL = np.array(
    [
        *(digit * 10.0**-power for power in (6, 5, 4, 3, 2, 1) for digit in (1, 2, 5)),
        1,
        2,
        5,
        10,
        15,
        20,
        30,
        *(n * MINUTE for n in (1, 2, 3, 5, 10, 15, 20, 30)),
        *(n * HOUR for n in (1, 2, 3, 4, 6, 8, 12)),
        DAY,
        7 * DAY,
        MONTH,
        3 * MONTH,
        12 * MONTH,
    ]
)


def default_window(step_seconds: float) -> int:
    """How many steps make a window: a day of hours, a week of days, a year of months and so on; otherwise 8."""
    windows = {1.0: 60, MINUTE: 60, HOUR / 4: 96, HOUR: 24, DAY: 7, 7 * DAY: 4, MONTH: 12}
    return next((n for step, n in windows.items() if abs(step_seconds / step - 1) < 0.03), 8)


def duration(seconds: float) -> str:
    """``"5 h"``, ``"1 day"``, ``"2.5 min"``."""
    if seconds < 0.999:
        return f"{seconds:.3g} s"
    fits = [unit for unit in NAMED if seconds / unit >= 0.999]
    whole = [
        unit
        for unit in fits
        if abs(seconds / unit - round(seconds / unit)) < 1e-3 and seconds / unit < 100
    ]
    unit = (whole or fits)[0]
    many = f"{seconds / unit:.3g}"
    return f"{many} {NAMED[unit]}{'s' if unit >= DAY and many != '1' else ''}"


def moment(seconds: float, dated: bool) -> str:
    """``"2016-03-02 01:00"``, or how long after the start."""
    if not dated:
        return duration(seconds) if seconds >= 0 else f"-{duration(-seconds)}"
    text = str(np.datetime64(round(seconds), "s")).replace("T", " ")
    return text.removesuffix(":00")


def usual_step(
    seconds: np.ndarray, group: np.ndarray, wanted: float | None, notes: list[str]
) -> tuple[float, bool]:
    """The step in seconds, and whether the rows keep it (then they need not lie on whole hours or days).

    Args:
        seconds: time of each row ``[n]``, in order within each series.
        group: the series of each row ``[n]``.
        wanted: a step asked for.
    """
    new = group[1:] == group[:-1]
    apart, group = np.diff(seconds)[new], group[1:][new]
    group, apart = group[apart > 0], apart[apart > 0]
    if not len(apart):
        if wanted:
            return wanted, False
        raise TableError(
            "No series has two different times. Choose another time column, or the one that tells series "
            "apart."
        )
    typical = float(pd.Series(apart).groupby(group).median().median())
    steps = apart / typical
    near = np.abs(steps - np.round(steps)) < 0.1
    steady = float(near.mean()) >= 0.9 and (steps > 0.5).mean() >= 0.9
    ones = np.sort(apart[np.round(steps) == 1])
    calendar = next(
        (
            n
            for n, (low, high) in {1: (28, 31), 3: (89, 92), 12: (365, 366)}.items()
            if low * DAY <= typical <= high * DAY
        ),
        0,
    )
    if calendar and (ones[-1] > ones[0] or len(ones) < 4 or calendar == 12):
        own, steady = calendar * MONTH, True
    elif steady:
        counted = apart[near & (steps > 0.5)]
        own = float(counted.sum() / np.round(counted / typical).sum())
        usual = USUAL[np.argmin(np.abs(np.log(USUAL / own)))]
        own = float(usual) if abs(usual / own - 1) < 0.005 else float(f"{own:.6g}")
    else:
        own = float(USUAL[np.argmin(np.abs(np.log(USUAL / typical)))])
        if wanted is None:
            notes.append(
                f"Times are irregular (typically {duration(typical)} apart): averaged in steps of "
                f"{duration(own)}."
            )
    if wanted is None or abs(wanted / own - 1) < 0.001:
        return own, steady
    notes.append(
        f"The rows are {duration(own)} apart, and were put into steps of {duration(wanted)}."
    )
    return wanted, False
