"""Run modules one after another in one process, because Airflow takes longer to start than a DAG takes to run.

Each line of standard input is JSON: a ``module`` to run as ``python -m`` does, its ``arguments``, and the
``environment`` to set first. Its output is followed by a line that begins with ``END`` and ends with its exit
code.
"""

from __future__ import annotations

import json
import os
import runpy
import sys
import traceback
from typing import Any

END = "-- the command ended with code "


def run(module: str, arguments: list[str]) -> int:
    """Run a module as ``python -m`` does.

    :return: its exit code.
    """
    sys.argv = [module, *arguments]
    try:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    except SystemExit as stop:
        if isinstance(stop.code, str):
            sys.stdout.write(stop.code)
        return stop.code if isinstance(stop.code, int) else int(stop.code is not None)
    except Exception:  # noqa: BLE001 - the next module runs in any case
        traceback.print_exc(file=sys.stdout)
        return 1
    return 0


if __name__ == "__main__":
    for line in sys.stdin:
        request: dict[str, Any] = json.loads(line)
        os.environ.update(request["environment"])
        code = run(request["module"], request["arguments"])
        sys.stdout.write(f"\n{END}{code}\n")
        sys.stdout.flush()
