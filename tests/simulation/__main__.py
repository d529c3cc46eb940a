"""Print one history, step by step: ``python -m tests.simulation [--overlapping] SEED``."""

from __future__ import annotations

import argparse
import sys

from tests.simulation.history import play, set_stage
from tests.simulation.overlapping import play_overlapping, set_overlapping_stage


def _main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation", description=__doc__)
    parser.add_argument("seed", type=int)
    parser.add_argument("--overlapping", action="store_true", help="several runs at the same time")
    arguments = parser.parse_args()
    stage = set_overlapping_stage(arguments.seed) if arguments.overlapping else set_stage(arguments.seed)
    try:
        if arguments.overlapping:
            play_overlapping(stage)
        else:
            play(stage)
    finally:
        sys.stdout.write("\n".join([*stage.world.story, ""]))
    return 0


if __name__ == "__main__":
    sys.exit(_main())
