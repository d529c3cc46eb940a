"""The sandbox's command with Python's DEBUG log on its standard output."""

from __future__ import annotations

import logging
import sys

from airflow_provider_segment.sandbox.cli import main

if __name__ == "__main__":
    logging.basicConfig(level=logging.DEBUG, stream=sys.stdout)
    sys.exit(main(sys.argv[1:]))
