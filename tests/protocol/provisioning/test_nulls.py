"""For a new object, ``None`` under a key means absent, so it is not sent; an entry of a list has no key."""

from __future__ import annotations

from airflow_provider_segment.protocol.provisioning.spec import without_none


def test_none_is_left_out_at_any_depth() -> None:
    settings = {"a": None, "b": {"c": None, "d": 0}, "e": [{"f": None, "g": [{"h": None}]}, ""], "i": False}
    assert without_none(settings) == {"b": {"d": 0}, "e": [{"g": [{}]}, ""], "i": False}


def test_none_in_a_list_is_kept_because_the_others_would_move() -> None:
    assert without_none({"columns": ["a", None, {"b": None}]}) == {"columns": ["a", None, {}]}
