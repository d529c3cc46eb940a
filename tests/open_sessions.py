"""The HTTP sessions that this process keeps open."""

from __future__ import annotations

import aiohttp

from airflow_provider_segment.transport import sessions


def open_sessions() -> list[aiohttp.ClientSession]:
    """Return the sessions that asynchronous hooks share."""
    return [
        shared.opening.result()
        for of_loop in sessions._SHARED.values()
        for shared in of_loop.values()
        if shared.opening.done()
    ]
