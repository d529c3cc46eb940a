"""The number of examples in property tests."""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

_EXAMPLES = int(os.environ.get("SEGMENT_TEST_EXAMPLES", "300"))


def examples(share: float = 1.0) -> settings:
    """Return the settings of a property test; ``SEGMENT_TEST_EXAMPLES`` sets the number of examples.

    :param share: fraction of that number, for tests that are repeated for each operation.
    """
    return settings(
        max_examples=max(1, round(_EXAMPLES * share)),
        deadline=None,  # machines differ
        suppress_health_check=[HealthCheck.too_slow],
    )
