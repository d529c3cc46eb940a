"""One gate per process for each token and each of Segment's limits, whatever the hook."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from airflow_provider_segment.exceptions import SegmentNotFoundError, SegmentRateLimitError
from airflow_provider_segment.hooks.segment import SegmentPublicApiAsyncHook, SegmentPublicApiHook
from airflow_provider_segment.protocol.secret_str import SecretStr
from airflow_provider_segment.sandbox.testing import SegmentSandbox
from airflow_provider_segment.transport.connection import parse_connection
from airflow_provider_segment.transport.gates import gates_of

CONNECTION = "AIRFLOW_CONN_SEGMENT_PUBLIC_API_DEFAULT"


@pytest.fixture(autouse=True)
def _no_patience(segment_sandbox: SegmentSandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(CONNECTION, f"{segment_sandbox.conn_uri}/?rate_limit_budget=0")


def test_base_url_and_token_select_the_gates() -> None:
    connection = parse_connection(conn_id="a", host=None, port=None, password="one", extra={})
    assert gates_of(connection) is gates_of(replace(connection, conn_id="b", timeout=1.0))
    assert gates_of(connection) is not gates_of(replace(connection, token=SecretStr("two")))
    assert gates_of(connection) is not gates_of(replace(connection, base_url="https://eu1.api.segmentapis.com"))


def test_a_429_of_a_trigger_holds_back_tasks_of_the_same_process(segment_sandbox: SegmentSandbox) -> None:
    segment_sandbox.fault("rate_limit", retry_after=3600)

    async def poll() -> None:
        async with SegmentPublicApiAsyncHook() as hook:
            await hook.get_workspace()

    with pytest.raises(SegmentRateLimitError):
        asyncio.run(poll())
    with SegmentPublicApiHook() as hook, pytest.raises(SegmentRateLimitError):
        hook.get_workspace()

    assert [entry["status"] for entry in segment_sandbox.requests] == [429]


def test_a_429_does_not_hold_back_an_operation_with_its_own_limit(segment_sandbox: SegmentSandbox) -> None:
    segment_sandbox.fault("rate_limit", retry_after=3600)

    with SegmentPublicApiHook() as hook:
        with pytest.raises(SegmentRateLimitError):
            hook.get_workspace()
        with pytest.raises(SegmentNotFoundError):
            hook.update_subscription(destination_id="none", id="none", enabled=False)

    assert [entry["status"] for entry in segment_sandbox.requests] == [429, 404]


def test_a_request_that_is_held_back_says_the_limit_of_its_operation(segment_sandbox: SegmentSandbox) -> None:
    with SegmentPublicApiHook() as hook:
        for _ in range(5):
            with pytest.raises(SegmentNotFoundError):
                hook.update_subscription(destination_id="none", id="none", enabled=False)
        with pytest.raises(SegmentRateLimitError, match=r"the rate limit \(5 a minute\) delays it by"):
            hook.update_subscription(destination_id="none", id="none", enabled=False)
