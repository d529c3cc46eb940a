"""Validation of arguments: the value to use, or the error."""

from __future__ import annotations

import enum
import json
from collections.abc import Callable
from types import MappingProxyType
from typing import Any

import pytest

from airflow_provider_segment.protocol.arguments import (
    check_choice,
    check_count,
    check_flag,
    check_id,
    check_if_exists,
    check_if_missing,
    check_name,
    check_new_settings,
    check_schedule,
    check_settings,
    masked_keys,
)
from tests.protocol.operations import SECRET
from tests.protocol.samples import MASK


class Text(str):
    """A string as a templating library returns it."""


class Number(int):
    """A number as a numeric library returns it."""


class Share(float):
    """A number as a numeric library returns it."""


class Colour(enum.StrEnum):
    RED = "red"


class Level(enum.IntEnum):
    HIGH = 3


GOOD: dict[str, tuple[Callable[[str, Any], Any], Any, Any]] = {
    "id": (check_id, "a", "a"),
    "id, longest": (check_id, "x" * 255, "x" * 255),
    "id of odd characters": (check_id, " a/b\r\n•", " a/b\r\n•"),
    "id of three dots": (check_id, "...", "..."),
    "id, a subclass": (check_id, Text("a"), "a"),
    "name": (check_name, "My destination", "My destination"),
    "name, long": (check_name, "x" * 5000, "x" * 5000),
    "true": (check_flag, True, True),
    "false": (check_flag, False, False),
    "true from a template": (check_flag, "True", True),
    "false from a template": (check_flag, " false\n", False),
    "count": (check_count, 7, 7),
    "no count": (check_count, 0, 0),
    "count from a template": (check_count, " 17 ", 17),
    "choice": (lambda name, value: check_choice(name, value, ("a", "b")), "b", "b"),
    "if_exists": (check_if_exists, "reuse", "reuse"),
    "if_exists, update": (check_if_exists, "update", "update"),
    "if_exists, fail": (check_if_exists, "fail", "fail"),
    "if_missing": (check_if_missing, "ignore", "ignore"),
    "if_missing, fail": (check_if_missing, "fail", "fail"),
    "settings": (
        check_settings,
        {"a": 1, "b": [True, None, 1.5, "x"], "c": {"d": {}}},
        {"a": 1, "b": [True, None, 1.5, "x"], "c": {"d": {}}},
    ),
    "settings, none": (check_settings, {}, {}),
    "settings as JSON": (check_settings, '{"a": {"b": [1]}}', {"a": {"b": [1]}}),
    "settings, a tuple": (check_settings, {"a": (1, (2,))}, {"a": [1, [2]]}),
    "settings, a mapping": (check_settings, MappingProxyType({"a": MappingProxyType({})}), {"a": {}}),
    "settings with a mask": (check_settings, {"a": MASK}, {"a": MASK}),
    "new settings": (check_new_settings, {"a•": 1}, {"a•": 1}),
    "schedule": (check_schedule, {"strategy": "MANUAL"}, {"strategy": "MANUAL"}),
    "schedule in lower case": (check_schedule, {"strategy": "specific_days"}, {"strategy": "SPECIFIC_DAYS"}),
    "schedule as JSON": (check_schedule, '{"strategy": "CRON"}', {"strategy": "CRON"}),
    "schedule with a config": (
        check_schedule,
        {"strategy": "periodic", "config": {"interval": "15m"}},
        {"strategy": "PERIODIC", "config": {"interval": "15m"}},
    ),
    "schedule without one": (check_schedule, {"strategy": "DBT_CLOUD", "config": None}, {"strategy": "DBT_CLOUD"}),
}


@pytest.mark.parametrize(("check", "value", "used"), GOOD.values(), ids=GOOD)
def test_a_valid_value_is_returned(check: Callable[[str, Any], Any], value: Any, used: Any) -> None:
    result = check("argument", value)

    assert result == used
    assert type(result) is type(used)


ID = "an id of 1 to 255 characters"
BAD: dict[str, tuple[Callable[[str, Any], Any], Any, tuple[str, ...]]] = {
    "id, empty": (check_id, "", ("empty", ID)),
    "id, blank": (check_id, " \n", ("empty", ID)),
    "id, none": (check_id, None, ("None", ID)),
    "id, a number": (check_id, 7, ("7", ID)),
    "id, bytes": (check_id, b"a", ("b'a'", ID)),
    "id, too long": (check_id, "x" * 256, ("256 characters", "1 to 255")),
    "id, a dot": (check_id, ".", ("'.'", ID)),
    "id, two dots": (check_id, "..", ("'..'", ID)),
    "id, half a character": (check_id, "a\udc00", ("surrogate", ID)),
    "name, empty": (check_name, "", ("empty", "a non-empty string")),
    "name, none": (check_name, None, ("None", "a non-empty string")),
    "name, half a character": (check_name, "\ud800", ("surrogate", "a non-empty string")),
    "flag, a word": (check_flag, "yes", ("'yes'", "True or False")),
    "flag, empty": (check_flag, "", ("''", "True or False")),
    "flag, a number": (check_flag, 1, ("1", "True or False")),
    "flag, none": (check_flag, None, ("None", "True or False")),
    "count, negative": (check_count, -1, ("-1", "whole number, 0 or more")),
    "count, negative text": (check_count, "-1", ("'-1'", "whole number, 0 or more")),
    "count, a fraction": (check_count, 1.0, ("1.0", "whole number, 0 or more")),
    "count, true": (check_count, True, ("True", "whole number, 0 or more")),
    "count, a word": (check_count, "None", ("'None'", "whole number, 0 or more")),
    "count, empty": (check_count, "", ("''", "whole number, 0 or more")),
    "count, absurd": (check_count, "9" * 5000, ("whole number",)),
    "choice": (lambda name, value: check_choice(name, value, ("a", "b")), "c", ("'c'", "'a', 'b'")),
    "choice, a list": (lambda name, value: check_choice(name, value, ("a", "b")), ["a"], ("['a']", "'a', 'b'")),
    "if_exists": (check_if_exists, "ignore", ("'ignore'", "'reuse', 'update', 'fail'")),
    "if_missing": (check_if_missing, True, ("True", "'ignore', 'fail'")),
    "schedule, a string": (check_schedule, "MANUAL", ("not JSON", "dict")),
    "schedule, a list": (check_schedule, [], ("list", "dict")),
    "schedule without strategy": (check_schedule, {}, ("['strategy']", "None", "'CRON'", "'MANUAL'")),
    "schedule, unknown strategy": (check_schedule, {"strategy": "DAILY"}, ("'DAILY'", "'PERIODIC'")),
    "schedule, unknown key": (check_schedule, {"strategy": "CRON", "spec": ""}, ("'spec'", "config")),
    "schedule, config": (check_schedule, {"strategy": "CRON", "config": []}, ("['config']", "list")),
}


@pytest.mark.parametrize(("check", "value", "parts"), BAD.values(), ids=BAD)
def test_an_invalid_value_is_rejected(check: Callable[[str, Any], Any], value: Any, parts: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="argument") as caught:
        check("the_argument", value)

    message = str(caught.value)
    assert message.startswith("the_argument")
    for part in parts:
        assert part in message
    assert len(message) < 500


SELF: dict[str, Any] = {}
SELF["again"] = SELF

BAD_SETTINGS: dict[str, tuple[Any, tuple[str, ...]]] = {
    "none": (None, ("NoneType", "dict")),
    "list of pairs": ([("apiKey", SECRET)], ("list", "dict")),
    "string": (SECRET, ("not JSON", "dict")),
    "string of Python": (f"{{'apiKey': '{SECRET}'}}", ("not JSON", "dict")),
    "JSON of a string": (json.dumps(SECRET), ("str", "dict")),
    "JSON that is too deep": ("[" * 100_000, ("settings",)),
    "number as key": ({1: SECRET}, ("key 1", "strings")),
    "number as key, deep": ({"a": [{"b": {2: SECRET}}]}, ("['a'][0]['b']", "key 2", "strings")),
    "nan": ({"a": float("nan"), "b": SECRET}, ("['a']", "finite")),
    "infinity": ({"a": [1, float("-inf")]}, ("['a'][1]", "finite")),
    "NaN of JSON": ('{"a": NaN}', ("['a']", "finite")),
    "set": ({"a": {SECRET}}, ("['a']", "set")),
    "bytes": ({"a": SECRET.encode()}, ("['a']", "bytes")),
    "object": ({"a": {"b": [object()]}}, ("['a']['b'][0]", "object")),
    "itself": (SELF, ("settings",)),
    "half a character": ({"a": {"b": f"{SECRET}\ud800"}}, ("['a']['b']", "surrogate")),
    "half a character in a key": ({"a": {"\ud800": SECRET}}, ("['a']", "surrogate")),
}


@pytest.mark.parametrize("check", [check_settings, check_new_settings])
@pytest.mark.parametrize(("value", "parts"), BAD_SETTINGS.values(), ids=BAD_SETTINGS)
def test_invalid_settings_are_named_by_their_place_only(
    check: Callable[[str, Any], Any], value: Any, parts: tuple[str, ...]
) -> None:
    with pytest.raises(ValueError, match="settings") as caught:
        check("settings", value)

    message = str(caught.value)
    assert message.startswith("settings")
    for part in parts:
        assert part in message
    assert SECRET not in message
    assert len(message) < 500


@pytest.mark.parametrize(
    ("value", "plain"),
    [(Text("x"), "x"), (Number(7), 7), (Share(0.5), 0.5), (Colour.RED, "red"), (Level.HIGH, 3)],
    ids=["text", "number", "fraction", "text of an enum", "number of an enum"],
)
def test_values_of_a_subclass_become_plain_ones(value: Any, plain: Any) -> None:
    """The encoder only knows plain types."""
    settings = check_settings("settings", {"a": value, "b": [value]})

    assert settings == {"a": plain, "b": [plain]}
    assert [type(settings["a"]), type(settings["b"][0])] == [type(plain)] * 2


MASKED: dict[str, tuple[dict[str, Any], list[str]]] = {
    "none": ({"a": "x", "b": 1, "c": None, "d": ["x"], "e": {"f": "x"}}, []),
    "whole": ({"a": MASK, "b": "x"}, ["a"]),
    "with a tail": ({"a": f"{MASK}dada"}, ["a"]),
    "one bullet in a string": ({"a": "sales • mails"}, ["a"]),
    "deep": ({"a": {"b": [{"c": MASK}]}, "d": ["x", MASK]}, ["a", "d"]),
    "in a key": ({"a•": "x", "b": {"c•": "x"}}, []),
}


@pytest.mark.parametrize(("settings", "keys"), MASKED.values(), ids=MASKED)
def test_masked_keys_are_found_at_any_depth(settings: dict[str, Any], keys: list[str]) -> None:
    assert masked_keys(settings) == keys
    if keys:
        with pytest.raises(ValueError, match=rf"settings: the value of '{keys[0]}' contains a bullet") as caught:
            check_new_settings("settings", settings)
        assert "dada" not in str(caught.value)


def test_settings_are_copied() -> None:
    given: dict[str, Any] = {"a": {"b": [1]}}
    check_settings("settings", given)["a"]["b"].append(2)

    assert given == {"a": {"b": [1]}}
