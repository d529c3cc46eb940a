"""Entry point of ``python -m airflow_provider_segment.sandbox``."""

from __future__ import annotations

import sys


def run() -> int:
    """Run the command, or report that the ``sandbox`` extra is not installed."""
    try:
        from airflow_provider_segment.sandbox.cli import main
    except ModuleNotFoundError as error:
        sys.stderr.write(f"The sandbox needs the extra airflow-provider-segment[sandbox]: {error}\n")
        return 2
    return main(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(run())
