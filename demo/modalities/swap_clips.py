"""The six clips of a swap, and whose codes each of them has."""

from __future__ import annotations

# In the order of ``Swap.clips``, and their names for programs.
A, B, A_AGAIN, A_LIKE_B, B_LIKE_A, B_AGAIN = range(6)
CLIPS = ("a", "b", "a_again", "a_like_b", "b_like_a", "b_again")
# The four that a file compares: both originals and both swaps.
SQUARE = (A, A_LIKE_B, B_LIKE_A, B)
# As on the stages: the clips of a row share the static code.
SHOWN = (A, A_AGAIN, A_LIKE_B, B, B_LIKE_A, B_AGAIN)
# The sides (0 is A, 1 is B) whose static and whose dynamic code each generated clip has.
DONORS = {A_AGAIN: (0, 0), A_LIKE_B: (0, 1), B_LIKE_A: (1, 0), B_AGAIN: (1, 1)}


def kind(clip: int) -> str:
    """``"real"``, ``"recon"`` (a reconstruction) or ``"swap"``."""
    if clip in (A, B):
        return "real"
    static, dynamic = DONORS[clip]
    return "recon" if static == dynamic else "swap"


def donors(clip: int) -> tuple[int, int]:
    """The sides whose static and whose dynamic code a clip has."""
    return DONORS.get(clip, (clip, clip))
