"""Checks that run sample events through described filters before anything is written."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from airflow_provider_segment.protocol.api.filters import preview_filter
from airflow_provider_segment.protocol.errors import SegmentError, SegmentFilterCheckError
from airflow_provider_segment.protocol.flow.steps import CallOptions, Flow, Log
from airflow_provider_segment.protocol.provisioning.filter_spec import FilterSpec

_ABSENT = object()
_MAX_LENGTH = 100


def run_filter_checks(options: CallOptions, specs: Sequence[FilterSpec]) -> Flow[None]:
    """Preview each described filter with its sample events.

    :param specs: the descriptions.
    :raises SegmentFilterCheckError: a filter's result differs from the expected one; the message shows the difference.
    :raises SegmentError: Segment rejected a preview; the message names the filter.
    """
    count = 0
    for spec in specs:
        for number, check in enumerate(spec.checks):
            label = f"filter {spec.title!r}, checks[{number}]"
            try:
                preview = yield from preview_filter(
                    options, condition=spec.condition, actions=spec.actions, payload=check.payload
                )
            except SegmentError as error:
                error.explain(f"while previewing {label}")
                raise
            if found := list(event_differences("", check.result, preview["result"])):
                raise SegmentFilterCheckError(f"{label}: {'; '.join(found)}. Nothing was written")
            count += 1
    if count:
        yield Log(f"filter checks passed: {count}")


def event_differences(path: str, expected: Any, actual: Any) -> Iterator[str]:
    """Yield the differences between two events.

    :param path: path of both values; empty for the whole event.
    :param expected: the described result; ``None`` for a dropped event.
    :param actual: the event that Segment returned.
    """
    if isinstance(expected, dict) and isinstance(actual, dict):
        for key in [*expected, *(key for key in actual if key not in expected)]:
            below = f"{path}.{key}" if path else key
            yield from event_differences(below, expected.get(key, _ABSENT), actual.get(key, _ABSENT))
    elif isinstance(expected, list) and isinstance(actual, list) and len(expected) == len(actual):
        for number, (one, other) in enumerate(zip(expected, actual, strict=True)):
            yield from event_differences(f"{path}[{number}]", one, other)
    elif isinstance(expected, bool) is not isinstance(actual, bool) or expected != actual:
        yield f"{path or 'the event'} is {_shown(path, actual)}, expected {_shown(path, expected)}"


def _shown(path: str, value: Any) -> str:
    if value is _ABSENT:
        return "absent"
    if value is None and not path:
        return "dropped"
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _MAX_LENGTH else f"{text[: _MAX_LENGTH - 1]}…"
