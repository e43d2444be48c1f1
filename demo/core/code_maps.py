"""Maps of codes, shipped or cached if they can be."""

from __future__ import annotations

import threading

from cachetools import LRUCache

from demo.core.catalog import Loaded, load
from demo.core.pairs import map_sizes
from demo.errors import RequestError
from seqdisent.projections import maps as projections

_CACHE: LRUCache[tuple[Loaded, int, str], projections.MapPair] = LRUCache(maxsize=32)
_LOCK = threading.Lock()


def maps(
    name: str, n: int, method: str, progress: projections.Progress | None = None
) -> projections.MapPair:
    """Both maps of ``n`` test sequences."""
    it = load(name)
    sizes = map_sizes(it.dataset)
    count = min(n, len(it.dataset))
    if count not in sizes:
        raise RequestError(f"n: a map shows {', '.join(map(str, sizes))} sequences, not {count}.")
    if method not in projections.METHODS:
        listed = ", ".join(projections.METHODS)
        raise RequestError(f"method: one of {listed}; not {str(method)[:20]!r}.")
    key = (it, count, method)
    with _LOCK:  # what two visitors ask for at once is computed once
        if key not in _CACHE:
            _CACHE[key] = projections.load_or_compute(
                name, it.model, it.dataset, n=count, method=method, progress=progress
            )
        return _CACHE[key]


def available(name: str, n: int, method: str) -> bool:
    """Whether a map can be shown at once."""
    it = load(name)
    return projections.is_stored(name, it.dataset, min(n, len(it.dataset)), method)
