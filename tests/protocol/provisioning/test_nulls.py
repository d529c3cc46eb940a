"""A create never sends null: for a new object, ``None`` means absent."""

from __future__ import annotations

from airflow_provider_segment.protocol.provisioning.spec import without_none


def test_none_is_left_out_at_any_depth() -> None:
    settings = {"a": None, "b": {"c": None, "d": 0}, "e": [{"f": None, "g": [{"h": None}]}, ""], "i": False}
    assert without_none(settings) == {"b": {"d": 0}, "e": [{"g": [{}]}, ""], "i": False}
