"""The requests that the sandbox received, in the short forms that tests compare."""

from __future__ import annotations

from airflow_provider_segment.sandbox.testing import SegmentSandbox


def methods(sandbox: SegmentSandbox) -> list[str]:
    """Return the methods of all requests, such as ``POST``."""
    return [entry["method"] for entry in sandbox.requests]


def methods_and_paths(sandbox: SegmentSandbox) -> list[str]:
    """Return the method and path of all requests, such as ``GET /sources``."""
    return [f"{entry['method']} {entry['path']}" for entry in sandbox.requests]


def methods_of_writes(sandbox: SegmentSandbox, *, path_part: str = "") -> list[str]:
    """Return the methods of all requests that are not reads.

    :param path_part: only those whose path contains it.
    """
    return [entry["method"] for entry in sandbox.requests if entry["method"] != "GET" and path_part in entry["path"]]


def statuses_of_writes(sandbox: SegmentSandbox, *, path_part: str = "") -> list[str]:
    """Return the method and status of all requests that are not reads, such as ``POST 200``.

    :param path_part: only those whose path contains it.
    """
    writes = [entry for entry in sandbox.requests if entry["method"] != "GET" and path_part in entry["path"]]
    return [f"{entry['method']} {entry['status']}" for entry in writes]


def poll_count(sandbox: SegmentSandbox) -> int:
    """Return the number of requests for delivery metrics."""
    return sum(entry["path"].endswith("/delivery-metrics") for entry in sandbox.requests)
