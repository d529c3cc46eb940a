"""How much memory a call takes."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from typing import Any

from airflow_provider_segment.protocol.api.destinations import destinations_listing
from airflow_provider_segment.protocol.api.workspace import get_workspace
from airflow_provider_segment.protocol.errors import SegmentError
from airflow_provider_segment.protocol.flow.pagination import collect
from airflow_provider_segment.protocol.flow.steps import CallOptions, Flow
from tests.hostile.calling import CallApi
from tests.hostile.server import Behaviour, http, once, serving

MIB = 1024 * 1024


def peak_memory(
    call_api: CallApi, behaviour: Behaviour, flow: Callable[..., Flow[Any]] = get_workspace
) -> tuple[int, str]:
    """Return the peak of Python's memory during a call to this server, above that before it; and the result."""
    with serving(once(http())) as well:
        call_api(well.url)  # for the imports of the first request
    with serving(behaviour) as hostile:
        tracemalloc.start()
        try:
            call_api(hostile.url, flow, timeout=50)
            result = "a value"
        except SegmentError as error:
            result = str(error)
        finally:
            _, peak = tracemalloc.get_traced_memory()
            tracemalloc.stop()
    return peak, result


def list_slim(options: CallOptions) -> Flow[Any]:
    """List destinations as hooks do: without the options and actions of their types."""
    return collect(destinations_listing(), options)
