"""Checks of what users pass, before anything is sent.

Each takes the argument's name and value and returns the value to use, or raises a ``ValueError`` that says what was
given and what is allowed. Values of settings are never shown.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

MASK_CHARACTER = "\u2022"
"""The bullet that Segment puts in place of a secret's characters."""

_SCHEDULE_STRATEGIES = ("CRON", "DBT_CLOUD", "MANUAL", "PERIODIC", "SPECIFIC_DAYS")


def check_id(argument: str, value: Any) -> str:
    """Check an id of Segment's: 1 to 255 characters, about whose form nothing else is promised.

    :param argument: the argument's name.
    :param value: what was given.
    """
    _require_text(argument, value, "an id of 1 to 255 characters")
    if len(value) > 255:
        raise ValueError(f"{argument} has {len(value)} characters; an id has 1 to 255")
    if value in {".", ".."}:
        raise ValueError(f"{argument} is {value!r}, which no address can hold; an id of 1 to 255 characters is needed")
    return str(value)


def check_name(argument: str, value: Any) -> str:
    """Check a text that must not be empty.

    :param argument: the argument's name.
    :param value: what was given.
    """
    _require_text(argument, value, "a text that is not empty")
    return str(value)


def check_flag(argument: str, value: Any) -> bool:
    """Check a truth value; ``"True"`` and ``"false"``, as templates render them, become booleans.

    :param argument: the argument's name.
    :param value: what was given.
    """
    if isinstance(value, bool):
        return value
    flag = {"true": True, "false": False}.get(value.strip().lower()) if isinstance(value, str) else None
    if flag is None:
        raise ValueError(f"{argument} is {value!r}; it must be True or False")
    return flag


def check_choice(argument: str, value: Any, allowed: Sequence[str]) -> str:
    """Check that a text is one of a few.

    :param argument: the argument's name.
    :param value: what was given.
    :param allowed: the choices.
    """
    if not isinstance(value, str) or value not in allowed:
        raise ValueError(f"{argument} is {value!r}; it must be one of {', '.join(map(repr, allowed))}")
    return value


def check_if_exists(argument: str, value: Any) -> str:
    """Check what to do about an object that exists already.

    :param argument: the argument's name.
    :param value: ``reuse``, ``update`` or ``fail``.
    """
    return check_choice(argument, value, ("reuse", "update", "fail"))


def check_if_missing(argument: str, value: Any) -> str:
    """Check what to do about an object that is not there.

    :param argument: the argument's name.
    :param value: ``ignore`` or ``fail``.
    """
    return check_choice(argument, value, ("ignore", "fail"))


def check_on_drift(argument: str, value: Any) -> str:
    """Check what to do about a difference.

    :param argument: the argument's name.
    :param value: ``fix``, ``report`` or ``fail``.
    """
    return check_choice(argument, value, ("fix", "report", "fail"))


def check_count(argument: str, value: Any) -> int:
    """Check a whole number, 0 or more; digits, as templates render them, become a number.

    :param argument: the argument's name.
    :param value: what was given.
    """
    number = int(value) if isinstance(value, str) and len(value) < 20 and value.strip().isdecimal() else value
    if isinstance(number, bool) or not isinstance(number, int) or number < 0:
        raise ValueError(f"{argument} is {repr(value)[:100]}; it must be a whole number, 0 or more")
    return number


def check_settings(argument: str, value: Any) -> dict[str, Any]:
    """Check settings: a mapping with text keys that JSON can hold, or the text of such a JSON object.

    :param argument: the argument's name.
    :param value: what was given.
    """
    try:
        settings: dict[str, Any] = _check_json(argument, _mapping(argument, value))
    except RecursionError:
        raise ValueError(f"{argument} is nested too deep") from None
    return settings


def check_new_settings(argument: str, value: Any) -> dict[str, Any]:
    """Check settings of something that is not there yet, so that a mask can't stand for a secret that is kept.

    :param argument: the argument's name.
    :param value: what was given.
    """
    settings = check_settings(argument, value)
    if masked := masked_keys(settings):
        raise ValueError(
            f"{argument}: the value of {masked[0]!r} holds a bullet ({MASK_CHARACTER}), so it is the mask of a secret"
            " and not the secret"
        )
    return settings


def masked_keys(settings: Mapping[str, Any]) -> list[str]:
    """Name the top-level keys whose value holds a masked secret, at any depth.

    :param settings: given by a user or returned by Segment.
    """
    return [key for key, value in settings.items() if _holds_mask(value)]


def check_schedule(argument: str, value: Any) -> dict[str, Any]:
    """Check a Reverse ETL schedule. https://docs.segmentapis.com/tag/Reverse-ETL

    :param argument: the argument's name.
    :param value: ``{"strategy": …, "config": …}``; the strategy may be written in lower case.
    """
    given = _mapping(argument, value)
    if unknown := sorted(map(str, set(given) - {"strategy", "config"})):
        raise ValueError(f"{argument} has the key {unknown[0]!r}; it may have 'strategy' and 'config'")
    strategy = given.get("strategy")
    strategy = strategy.upper() if isinstance(strategy, str) else strategy
    schedule: dict[str, Any] = {"strategy": check_choice(f"{argument}['strategy']", strategy, _SCHEDULE_STRATEGIES)}
    if (config := given.get("config")) is not None:
        schedule["config"] = check_settings(f"{argument}['config']", config)
    return schedule


def _require_text(argument: str, value: Any, allowed: str) -> None:
    if not isinstance(value, str):
        raise ValueError(f"{argument} is {value!r}; it must be {allowed}")
    if not value.strip():
        raise ValueError(f"{argument} is empty; it must be {allowed}")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ValueError(f"{argument} holds half a character (a lone surrogate); it must be {allowed}") from None


def json_text(argument: str, text: str, *, wanted: str) -> Any:
    """Read JSON, as templates render it.

    :param argument: the argument's name.
    :param text: what was given.
    :param wanted: what is allowed, for the message.
    """
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise ValueError(f"{argument} is a text that is not JSON; it must be {wanted}") from None


def _mapping(argument: str, value: Any) -> Mapping[str, Any]:
    if isinstance(value, str):
        value = json_text(argument, value, wanted="a dict or the text of a JSON object")
    if not isinstance(value, Mapping):
        raise ValueError(f"{argument} is a {type(value).__name__}; it must be a dict or the text of a JSON object")
    return value


def _holds_mask(value: Any) -> bool:
    if isinstance(value, str):
        return MASK_CHARACTER in value
    if isinstance(value, Mapping):
        return any(map(_holds_mask, value.values()))
    return isinstance(value, list | tuple) and any(map(_holds_mask, value))


def _whole_text(where: str, text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError(f"{where} holds half a character (a lone surrogate)") from None
    return str(text)


def _check_json(where: str, value: Any) -> Any:
    """The value as JSON holds it; names the place, never the value, where it can't."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return _whole_text(where, value)
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        if value != value or value in {float("inf"), float("-inf")}:
            raise ValueError(f"{where} is not a finite number, which JSON can't hold")
        return float(value)
    if isinstance(value, Mapping):
        if strange := [key for key in value if not isinstance(key, str)]:
            raise ValueError(f"{where} has the key {strange[0]!r}; keys must be texts")
        return {_whole_text(where, key): _check_json(f"{where}[{key!r}]", item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_check_json(f"{where}[{index}]", item) for index, item in enumerate(value)]
    raise ValueError(f"{where} is a {type(value).__name__}, which JSON can't hold")
