"""Validation of user arguments, before anything is sent.

Each function takes an argument's name and value. It returns the value to use, or raises a ``ValueError`` with the value
and what is allowed. Values of settings are never shown.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from airflow_provider_segment.protocol.secret_str import NumberString, SecretStr

MASK_CHARACTER = "\u2022"
"""The bullet with which Segment replaces the characters of a secret."""

SCHEDULE_STRATEGIES = ("CRON", "DBT_CLOUD", "MANUAL", "PERIODIC", "SPECIFIC_DAYS")


def check_id(argument: str, value: Any) -> str:
    """Check that a value is an id of 1 to 255 characters; Segment guarantees nothing else about the format.

    :param argument: the argument's name.
    :param value: the argument's value.
    """
    _require_string(argument, value, "an id of 1 to 255 characters")
    if len(value) > 255:
        raise ValueError(f"{argument} has {len(value)} characters; an id has 1 to 255")
    if value in {".", ".."}:
        raise ValueError(
            f"{argument} is {value!r}, which cannot be used in a URL path; it must be an id of 1 to 255 characters"
        )
    return str(value)


def check_trimmed_name(argument: str, value: Any) -> str:
    """Check that the name of a new or renamed object is not blank and has no leading or trailing whitespace.

    :param argument: the argument's name.
    :param value: the argument's value.
    """
    name = check_name(argument, value)
    if not is_trimmed(name):
        raise ValueError(
            f"{argument} is {name!r}; remove the whitespace around the name, because names are compared exactly"
        )
    return name


def is_trimmed(name: str) -> bool:
    """Return whether a name has no leading or trailing whitespace, which only names of existing objects may have.

    :param name: the name.
    """
    return name == name.strip()


def check_reference(argument: str, value: Any) -> str:
    """Check that a value is a slug or an id of 1 to 255 characters.

    :param argument: the argument's name.
    :param value: the argument's value.
    """
    _require_string(argument, value, "a slug or an id")
    if len(value) > 255:
        raise ValueError(f"{argument} has {len(value)} characters; a slug or an id has 1 to 255")
    return str(value)


def check_name(argument: str, value: Any) -> str:
    """Check that a value is a string and not blank.

    :param argument: the argument's name.
    :param value: the argument's value.
    """
    _require_string(argument, value, "a non-empty string")
    return str(value)


def check_flag(argument: str, value: Any) -> bool:
    """Check that a value is a boolean; strings such as ``"True"``, which templates render, are converted.

    :param argument: the argument's name.
    :param value: the argument's value.
    """
    if isinstance(value, bool):
        return value
    flag = {"true": True, "false": False}.get(value.strip().lower()) if isinstance(value, str) else None
    if flag is None:
        raise ValueError(f"{argument} is {value!r}; it must be True or False")
    return flag


def check_choice(argument: str, value: Any, allowed: Sequence[str]) -> str:
    """Return the value if it is one of the choices; otherwise raise ``ValueError``.

    :param argument: the argument's name.
    :param value: the argument's value.
    :param allowed: the choices.
    """
    if not isinstance(value, str) or value not in allowed:
        raise ValueError(f"{argument} is {value!r}; it must be one of {', '.join(map(repr, allowed))}")
    return value


def check_if_exists(argument: str, value: Any) -> str:
    """Check the value of ``if_exists``: what to do if the object already exists.

    :param argument: the argument's name.
    :param value: ``reuse``, ``update`` or ``fail``.
    """
    return check_choice(argument, value, ("reuse", "update", "fail"))


def check_if_missing(argument: str, value: Any) -> str:
    """Check the value of ``if_missing``: what to do if the object does not exist.

    :param argument: the argument's name.
    :param value: ``ignore`` or ``fail``.
    """
    return check_choice(argument, value, ("ignore", "fail"))


def check_on_drift(argument: str, value: Any) -> str:
    """Check the value of ``on_drift``: what to do if Segment differs from the spec.

    :param argument: the argument's name.
    :param value: ``fix``, ``report`` or ``fail``.
    """
    return check_choice(argument, value, ("fix", "report", "fail"))


def check_count(argument: str, value: Any) -> int:
    """Check that a value is a non-negative integer; strings of digits, such as rendered templates, are converted.

    :param argument: the argument's name.
    :param value: the argument's value.
    """
    number = int(value) if isinstance(value, str) and len(value) < 20 and value.strip().isdecimal() else value
    if isinstance(number, bool) or not isinstance(number, int) or number < 0:
        raise ValueError(f"{argument} is {repr(value)[:100]}; it must be a whole number, 0 or more")
    return number


def check_settings(argument: str, value: Any) -> dict[str, Any]:
    """Return settings as a dict of JSON values.

    :param argument: the argument's name.
    :param value: a mapping with string keys, or a string that holds a JSON object.
    """
    try:
        settings: dict[str, Any] = _check_json(argument, _mapping(argument, value))
    except RecursionError:
        raise ValueError(f"{argument} is nested too deeply") from None
    return settings


def check_new_settings(argument: str, value: Any) -> dict[str, Any]:
    """Return the settings for a new object; masked values are rejected, because there is no stored secret to keep.

    :param argument: the argument's name.
    :param value: a mapping with string keys, or a string that holds a JSON object.
    """
    settings = check_settings(argument, value)
    if masked := masked_keys(settings):
        raise ValueError(
            f"{argument}: the value of {masked[0]!r} contains a bullet ({MASK_CHARACTER}), so it is a masked"
            " secret; pass the secret itself"
        )
    return settings


def masked_keys(settings: Mapping[str, Any]) -> list[str]:
    """Return the top-level keys whose value contains a masked secret, at any depth.

    :param settings: settings from a user or from Segment.
    """
    return [key for key, value in settings.items() if _holds_mask(value)]


def check_schedule(argument: str, value: Any) -> dict[str, Any]:
    """Check a Reverse ETL schedule, and return its strategy in upper case.

    https://docs.segmentapis.com/tag/Reverse-ETL

    :param argument: the argument's name.
    :param value: ``{"strategy": …, "config": …}``; the strategy may be in lower case.
    """
    entries = _mapping(argument, value)
    check_keys(argument, entries, allowed=("strategy", "config"))
    strategy = entries.get("strategy")
    strategy = strategy.upper() if isinstance(strategy, str) else strategy
    schedule: dict[str, Any] = {"strategy": check_choice(f"{argument}['strategy']", strategy, SCHEDULE_STRATEGIES)}
    if (config := entries.get("config")) is not None:
        schedule["config"] = check_settings(f"{argument}['config']", config)
    return schedule


def _require_string(argument: str, value: Any, allowed: str) -> None:
    if not isinstance(value, str):
        raise ValueError(f"{argument} is {value!r}; it must be {allowed}")
    if not value.strip():
        raise ValueError(f"{argument} is empty; it must be {allowed}")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ValueError(f"{argument} contains a lone surrogate (half a character); it must be {allowed}") from None


def _parse_json(argument: str, text: str, *, allowed: str) -> Any:
    """Parse a JSON string, such as one that a template renders.

    :param argument: the argument's name.
    :param text: the argument's value.
    :param allowed: what is allowed, for the message.
    """
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise ValueError(f"{argument} is a string that is not JSON; it must be {allowed}") from None


def check_list(argument: str, value: Any) -> Sequence[Any]:
    """Check that a value is a list; the caller must check that its entries are dicts.

    :param argument: the argument's name.
    :param value: a list, or a string that holds a JSON array.
    """
    if isinstance(value, str):
        value = _parse_json(argument, value, allowed="a list of dicts or a JSON array as a string")
    if isinstance(value, str) or not isinstance(value, Sequence):
        raise ValueError(f"{argument} is of type {type(value).__name__}; it must be a list of dicts")
    return value


def labelled_dicts(argument: str, value: Any) -> list[tuple[str, Mapping[str, Any]]]:
    """Check a list of dicts, and return each of them with its label for messages, such as ``filters[0]``.

    :param argument: the argument's name.
    :param value: a list of dicts, or a string that holds the same as a JSON array.
    """
    entries = [(f"{argument}[{number}]", entry) for number, entry in enumerate(check_list(argument, value))]
    for label, entry in entries:
        if not isinstance(entry, Mapping):
            raise ValueError(f"{label} is of type {type(entry).__name__}; it must be a dict")
    return entries


def check_keys(label: str, entry: Mapping[str, Any], *, allowed: Iterable[str]) -> None:
    """Raise ``ValueError`` if a dict has a key that is not allowed.

    :param label: the dict's label for messages.
    :param entry: the dict.
    :param allowed: the allowed keys, in the order in which the message lists them.
    """
    if unknown := sorted(str(key) for key in entry if key not in allowed):
        raise ValueError(f"{label}: unknown key {unknown[0]!r}; allowed keys: {', '.join(allowed)}")


def check_distinct_ids(argument: str, ids: Sequence[str | None], *, kind: str) -> None:
    """Raise ``ValueError`` if two entries of a list have the same id.

    :param argument: the argument's name.
    :param ids: the id in each entry, if it has one.
    :param kind: what an entry describes, such as ``filter``.
    """
    for number, one in enumerate(ids):
        if one is not None and ids.count(one) > 1:
            raise ValueError(f"{argument}[{number}]: duplicate id {one!r}; describe each {kind} only once")


def _mapping(argument: str, value: Any) -> Mapping[str, Any]:
    if isinstance(value, str):
        value = _parse_json(argument, value, allowed="a dict or a JSON object as a string")
    if not isinstance(value, Mapping):
        raise ValueError(
            f"{argument} is of type {type(value).__name__}; it must be a dict or a JSON object as a string"
        )
    return value


def _holds_mask(value: Any) -> bool:
    if isinstance(value, str | SecretStr):
        return MASK_CHARACTER in value
    if isinstance(value, Mapping):
        return any(map(_holds_mask, value.values()))
    return isinstance(value, list | tuple) and any(map(_holds_mask, value))


def _encodable(where: str, string: str) -> str:
    try:
        string.encode()
    except UnicodeEncodeError:
        raise ValueError(f"{where} contains a lone surrogate (half a character)") from None
    return str(string)


def _encodable_secret(where: str, secret: SecretStr) -> SecretStr:
    if not secret.is_encodable:
        raise ValueError(f"{where} contains a lone surrogate (half a character)")
    return secret


def _check_json(where: str, value: Any) -> Any:
    """Return the value converted to plain JSON types; errors name its location but never quote it."""
    if isinstance(value, Mapping):
        if strange := [key for key in value if not isinstance(key, str)]:
            raise ValueError(f"{where} has the key {strange[0]!r}; keys must be strings")
        return {_encodable(where, key): _check_json(f"{where}[{key!r}]", item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_check_json(f"{where}[{index}]", item) for index, item in enumerate(value)]
    return _check_scalar(where, value.number if isinstance(value, NumberString) else value)


def _check_scalar(where: str, value: Any) -> Any:
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, SecretStr):
        return _encodable_secret(where, value)
    if isinstance(value, str):
        return _encodable(where, value)
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        if value != value or value in {float("inf"), float("-inf")}:
            raise ValueError(f"{where} is not a finite number; JSON cannot represent it")
        return float(value)
    raise ValueError(f"{where} is of type {type(value).__name__}; JSON cannot represent it")
