"""The host name that Airflow records: here the name of the part, since all parts are on one machine."""

from __future__ import annotations

import os

VARIABLE = "SEGMENT_CLUSTER_PART"


def part_name() -> str:
    """Return the name of the part of Airflow that runs this process."""
    return os.environ.get(VARIABLE, "unknown")
