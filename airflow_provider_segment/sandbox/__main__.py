"""``python -m airflow_provider_segment.sandbox``."""

from __future__ import annotations

import sys

from airflow_provider_segment.sandbox.command_line import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
