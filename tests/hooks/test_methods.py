"""What the reference shows of the hooks' methods, which are made of flows."""

from __future__ import annotations

import inspect

import pytest

from airflow_provider_segment.hooks.segment import SegmentPublicApiHook


@pytest.mark.parametrize(
    ("name", "returned"), [("get_destination", "Destination"), ("list_destinations", "Iterator[Destination]")]
)
def test_they_look_as_they_are_called(name: str, returned: str) -> None:
    method = getattr(SegmentPublicApiHook, name)
    signature = inspect.signature(method)
    assert next(iter(signature.parameters)) == "self"
    assert "terms" not in signature.parameters
    assert signature.return_annotation == method.__annotations__["return"] == returned
    assert inspect.getdoc(method)
