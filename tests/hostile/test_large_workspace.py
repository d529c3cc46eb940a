"""A workspace that is larger than the memory that one page may take."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from airflow_provider_segment.protocol.api.destinations import destinations_listing
from airflow_provider_segment.protocol.flow.pagination import collect
from airflow_provider_segment.protocol.flow.steps import CallOptions, Flow
from airflow_provider_segment.transport.body import BODY_LIMIT
from tests.hostile.calling import CallApi
from tests.hostile.memory import MIB, list_slim, peak_memory
from tests.hostile.server import Behaviour, Talk

RECORD_SIZE = 150_000
COUNT = 600


def record(number: int) -> bytes:
    """Return a destination whose type has much text in the catalog."""
    option = {"name": "apiKey", "defaultValue": "", "description": "text, " * 12_500}
    metadata = {"id": "m", "options": [option], "description": option["description"]}
    fields = {
        "id": f"d{number}",
        "enabled": True,
        "sourceId": "s",
        "settings": {"apiKey": ""},
        "metadata": metadata,
    }
    return json.dumps(fields).encode()


def workspace_of(count: int) -> Behaviour:
    """Return a server with this many destinations; it keeps no page in memory."""

    def behave(talk: Talk) -> None:
        while True:
            target = talk.read_request().split(b" ")[1].decode()
            asked = {key: int(value) for key, value in re.findall(r"pagination%5B(\w+)%5D=(\d+)", target)}
            start = asked.get("cursor", 0)
            end = min(count, start + asked["count"])
            pagination = {"next": str(end)} if end < count else {}
            tail = b'],"pagination":' + json.dumps(pagination).encode() + b"}}"
            head = b'{"data":{"destinations":['
            length = len(head) + len(tail) + sum(len(record(number)) + 1 for number in range(start, end)) - 1
            talk.send(f"HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n".encode() + head)
            for number in range(start, end):
                talk.send(record(number) + (b"," if number < end - 1 else tail))

    return behave


def list_with_options(options: CallOptions) -> Flow[Any]:
    """List as an apply does."""
    return collect(destinations_listing(source_id="s", with_options=True), options)


@pytest.mark.parametrize("flow", [list_slim, list_with_options], ids=["slim", "with options"])
def test_600_destinations_of_150_kb_list_in_bounded_memory(call_api: CallApi, flow: Callable[..., Flow[Any]]) -> None:
    assert len(record(0)) >= RECORD_SIZE
    assert 200 * RECORD_SIZE > BODY_LIMIT
    found = []

    def listing(options: CallOptions) -> Flow[Any]:
        found.append(len((yield from flow(options))))

    one_page, _ = peak_memory(call_api, workspace_of(100), listing)
    all_pages, result = peak_memory(call_api, workspace_of(COUNT), listing)
    print(f"{one_page / MIB:.0f} MiB for one page, {all_pages / MIB:.0f} MiB for all: {result}")  # noqa: T201
    assert found == [100, COUNT]
    assert all_pages < 2 * one_page
