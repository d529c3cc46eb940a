"""The benchmark of waits runs; its figures are not checked here."""

from __future__ import annotations

import subprocess
import sys

import pytest

pytest.importorskip("airflow.triggers.shared_stream", reason="shared streams came with Airflow 3.3")


def test_the_benchmark_measures_our_waits() -> None:
    command = [
        sys.executable,
        "-m",
        "dev.benchmarks.waits",
        "--waits",
        "3",
        "--seconds",
        "1",
        "--rounds",
        "1",
        "--only",
        "shared",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    for title in ("ours, one query", "one query: requests an interval"):
        assert title in done.stdout
    assert "a wait ended" not in done.stderr


def test_a_missing_peer_is_title_of() -> None:
    program = "from dev.benchmarks.peers import title_of; title_of('no-such-provider')"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "no-such-provider is not installed here; run this with: make bench" in done.stderr
