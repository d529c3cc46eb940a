"""Fixtures for requests to the sandbox with each of the hooks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from airflow_provider_segment.hooks.segment import SegmentPublicApiHook
from tests.drivers_and_hooks import HOOKS

MakeHook = Callable[..., Any]


@pytest.fixture(params=HOOKS)
def make_hook(request: pytest.FixtureRequest, segment_sandbox: object) -> Iterator[MakeHook]:
    """Return a function that makes hooks, which are closed at the end."""
    with ExitStack() as opened:
        yield lambda **arguments: opened.enter_context(HOOKS[request.param](**arguments))


@pytest.fixture
def hook(make_hook: MakeHook) -> SegmentPublicApiHook:
    """A hook, typed as the synchronous one; the other has the same methods."""
    made: SegmentPublicApiHook = make_hook()
    return made


@pytest.fixture
def destination_id(hook: SegmentPublicApiHook) -> str:
    created = hook.create_destination(
        source_id="sandbox-web", metadata_id="sandbox-analytics", name="mine", settings={"apiKey": "0123456789abcdef"}
    )
    return created["id"]
