"""The sandbox's command, with all that Python logs at DEBUG on its standard output: ``python -m`` this."""

from __future__ import annotations

import logging
import sys

from airflow_provider_segment.sandbox.cli import main

if __name__ == "__main__":
    logging.basicConfig(level=logging.DEBUG, stream=sys.stdout)
    sys.exit(main(sys.argv[1:]))
