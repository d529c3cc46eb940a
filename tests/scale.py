"""How much the tests that count try: one number for all.

``SEGMENT_TEST_SCALE`` is 1 in the default run and 100 for the large counts; ``SEGMENT_TEST_SEED`` moves what is drawn.
"""

from __future__ import annotations

import os

SCALE = max(1, int(os.environ.get("SEGMENT_TEST_SCALE", "1")))
"""1 by default; 10 is a tenth of the large counts, 100 all of them."""

FIRST_SEED = int(os.environ.get("SEGMENT_TEST_SEED", "0"))
"""The first seed: 0 by default, so that every run tries the same cases."""


def chunks(count: int, *, size: int) -> list[range]:
    """Cut seeds into pieces, each a test of its own, so that they spread over the workers.

    :param count: at scale 1.
    :param size: of a piece.
    """
    total = count * SCALE
    return [range(FIRST_SEED + start, FIRST_SEED + min(total, start + size)) for start in range(0, total, size)]


def chunk_name(chunk: range) -> str:
    """Name a piece by its seeds."""
    return f"seeds-{chunk.start}-{chunk.stop - 1}"
