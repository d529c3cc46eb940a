from __future__ import annotations

import subprocess
import sys


def test_importing_the_package_imports_nothing_of_airflow() -> None:
    code = (
        "import sys, airflow_provider_segment as p; p.get_provider_info();"
        "print([m for m in sys.modules if m.split('.')[0] in ('airflow', 'requests', 'aiohttp', 'pendulum')])"
    )
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "[]"
