"""Drawing by lot so that anybody can do it again: the seed is on record, the order follows from it and the codes alone (P.defence).

Codes are put in the order of SHA-256 over ``purpose:seed:code``: no random generator whose next version might differ, and one
line of any spreadsheet's or language's own functions checks a draw.
"""

from collections.abc import Iterable
from hashlib import sha256

SEED_MAX = 60
"""Characters of a seed."""


def drawn(codes: Iterable[str], seed: str, purpose: str) -> tuple[str, ...]:
    """Return every code once, in an order that only seed and purpose decide: how the codes came does not matter."""
    return tuple(sorted(set(codes), key=lambda code: (lot(purpose, seed, code), code)))


def lot(*parts: str) -> str:
    """Return what a lot is: the SHA-256 of what stands on record and a code, with colons between."""
    return sha256(":".join(parts).encode()).hexdigest()


def share(percent: int, number: int) -> int:
    """Return how many of a number a percentage is, rounded up: of one, one; of none, none."""
    return -(-number * percent // 100)
