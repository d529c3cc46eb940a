"""List 10,000 destinations with the hook, compared with ``requests`` and ``json``, and with a lower bound.

The bound is ``json.loads`` of the same bytes in memory, plus reading them from one raw socket. Each way runs
in its own process, so that its peak memory is its own; rounds alternate, and the best of each counts.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import socket
import subprocess
import sys
import time
from collections.abc import Callable

import requests
from rich.console import Console
from rich.table import Table

PAGE_COUNT = 200
ROUNDS = 7


def read_all_pages(port: int) -> list[bytes]:
    """Read all pages from one raw socket without parsing them."""
    bodies = []
    with socket.create_connection(("127.0.0.1", port)) as connection, connection.makefile("rb") as responses:
        for start in range(0, 10_000, PAGE_COUNT):
            query = f"pagination%5Bcount%5D={PAGE_COUNT}&pagination%5Bcursor%5D={start}"
            connection.sendall(f"GET /destinations?{query} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
            length = 0
            while (line := responses.readline()) != b"\r\n":
                if line.lower().startswith(b"content-length:"):
                    length = int(line.split(b":")[1])
            bodies.append(responses.read(length))
    return bodies


def bound(port: int) -> int:
    """Return the count with the least work possible with ``json``."""
    return sum(len(json.loads(body)["data"]["destinations"]) for body in read_all_pages(port))


def plain(port: int) -> int:
    """Return the count with ``requests`` and ``json``, as people write it themselves."""
    listed, cursor = 0, None
    with requests.Session() as session:
        while True:
            query = {"pagination[count]": str(PAGE_COUNT)} | ({"pagination[cursor]": cursor} if cursor else {})
            data = session.get(f"http://127.0.0.1:{port}/destinations", params=query, timeout=30).json()["data"]
            listed += len(data["destinations"])
            cursor = data["pagination"].get("next")
            if cursor is None:
                return listed


def hook(port: int, *, full: bool = False) -> int:
    """Return the count with the hook, consumed one by one."""
    from airflow_provider_segment.hooks.segment import SegmentPublicApiHook

    os.environ["AIRFLOW_CONN_BENCHMARK"] = f"segment-public-api://:token@http%3A%2F%2F127.0.0.1:{port}"
    with SegmentPublicApiHook(segment_conn_id="benchmark") as client:
        return sum(1 for _ in client.list_destinations(full=full))


WAYS: dict[str, Callable[[int], int]] = {
    "json bound": bound,
    "requests + json": plain,
    "hook": hook,
    "hook, whole records": lambda port: hook(port, full=True),
}


def measure(way: str, port: int) -> dict[str, float]:
    """Run one way in this process, twice, because the first round pays for imports and caches."""
    WAYS[way](port)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    wall, cpu = time.perf_counter(), time.process_time()
    listed = WAYS[way](port)
    if listed != 10_000:
        raise SystemExit(f"{way} listed {listed} destinations")
    return {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu, "memory": memory}


def memory_before(way: str) -> float:
    """Return the memory of a process that has imported what a way needs and listed nothing, in KB."""
    if way.startswith("hook"):
        import airflow_provider_segment.hooks.segment  # noqa: F401
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def in_its_own_process(way: str, port: int, *, idle: bool = False) -> dict[str, float]:
    """Measure a way in its own process."""
    command = [sys.executable, "-m", "dev.benchmarks.listing", "--way", way, "--port", str(port)]
    done = subprocess.run([*command, *(["--idle"] if idle else [])], stdout=subprocess.PIPE, check=True, text=True)
    result: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return result


def table(rounds: dict[str, list[dict[str, float]]], idle: dict[str, float]) -> Table:
    """Return the table of the figures."""
    drawn = Table("", "time / bound", "CPU / bound", "peak memory above idle", title="10,000 destinations of 1.3 KB")
    best = {
        way: {key: min(round_[key] for round_ in found) for key in ("wall", "cpu", "memory")}
        for way, found in rounds.items()
    }
    for way, found in best.items():
        drawn.add_row(
            way,
            f"{found['wall'] / best['json bound']['wall']:.2f}",
            f"{found['cpu'] / best['json bound']['cpu']:.2f}",
            f"{(found['memory'] - idle[way]) / 1024:.1f} MB",
        )
    return drawn


def main() -> None:
    """Measure all ways, or one way in this process."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--way", choices=WAYS)
    parser.add_argument("--port", type=int)
    parser.add_argument("--idle", action="store_true")
    options = parser.parse_args()
    if options.way:
        print(
            json.dumps({"memory": memory_before(options.way)} if options.idle else measure(options.way, options.port))
        )
        return
    server = [sys.executable, "-m", "dev.benchmarks.listing_server"]
    with subprocess.Popen(server, stdout=subprocess.PIPE, text=True) as process:
        port = int(process.stdout.readline()) if process.stdout else 0
        try:
            idle = {way: in_its_own_process(way, port, idle=True)["memory"] for way in WAYS}
            rounds: dict[str, list[dict[str, float]]] = {way: [] for way in WAYS}
            for _ in range(ROUNDS):
                for way, found in rounds.items():
                    found.append(in_its_own_process(way, port))
        finally:
            process.terminate()
    Console().print(table(rounds, idle))


if __name__ == "__main__":
    main()
