"""How the hooks' methods, which are made from flows, appear in the reference."""

from __future__ import annotations

import inspect

import pytest

from airflow_provider_segment.hooks.segment import SegmentPublicApiHook


@pytest.mark.parametrize(
    ("name", "returned"), [("get_destination", "Destination"), ("list_destinations", "Iterator[Destination]")]
)
def test_the_signature_is_that_of_the_call(name: str, returned: str) -> None:
    method = getattr(SegmentPublicApiHook, name)
    signature = inspect.signature(method)
    assert next(iter(signature.parameters)) == "self"
    assert "terms" not in signature.parameters
    assert signature.return_annotation == method.__annotations__["return"] == returned
    assert inspect.getdoc(method)
