"""Entry point of ``python -m airflow_provider_segment`` and of the console script ``airflow-segment``."""

from __future__ import annotations

import sys


def run() -> int:
    """Run ``airflow-segment`` with the arguments of this process.

    :return: the exit status.
    """
    from airflow_provider_segment.cli.main import main

    return main(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(run())
