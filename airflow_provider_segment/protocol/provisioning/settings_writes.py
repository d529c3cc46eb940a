"""Writing settings, and reporting those that Segment rejects or ignores."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from airflow_provider_segment.protocol.api.objects import CatalogOption, Destination, Subscription
from airflow_provider_segment.protocol.errors import SegmentInvalidRequestError
from airflow_provider_segment.protocol.flow.steps import Flow, Log
from airflow_provider_segment.protocol.provisioning.diff import diff_settings, setting_label

T = TypeVar("T", Destination, Subscription)

_READ_ONLY = re.compile(r"\bread[- ]?only\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class SettingsContext:
    """The context that determines which settings may be left out of a write.

    :param label: how messages name the object.
    :param options: the options of its type.
    :param secrets: keys that are never left out.
    :param may_leave_out: whether a rejected write may be repeated without the rejected keys.
    """

    label: str
    options: Sequence[CatalogOption] = ()
    secrets: frozenset[str] = frozenset()
    may_leave_out: bool = True


def write_settings(
    context: SettingsContext,
    changes: Mapping[str, Any],
    *,
    update: Callable[[Mapping[str, Any]], Flow[T]],
) -> Flow[tuple[T, list[str]]]:
    """Send an update; if Segment rejects settings with a 400, send it again without them.

    :param context: the object's context.
    :param changes: arguments of the update, by name, including ``settings``.
    :param update: sends an update, or reads the object if there is nothing to send.
    :return: the object as Segment returned it, and the keys that were left out.
    :raises SegmentInvalidRequestError: none of the keys may be left out, or Segment rejects the rest too.
    """
    try:
        return (yield from update(changes)), []
    except SegmentInvalidRequestError as error:
        rejected = [] if error.status != 400 else rejected_keys(error, changes.get("settings") or {}, context)
        if not rejected or not context.may_leave_out:
            raise
        yield Log(
            f"{error}; sending the update again without {', '.join(map(setting_label, rejected))}", logging.WARNING
        )
    rest = {key: value for key, value in changes["settings"].items() if key not in rejected}
    others = {name: value for name, value in changes.items() if name != "settings"}
    return (yield from update(others | ({"settings": rest} if rest else {}))), rejected


def rejected_keys(
    error: SegmentInvalidRequestError, settings: Mapping[str, Any], context: SettingsContext
) -> list[str]:
    """Return the settings that an error names, or else those that the catalog describes as read-only.

    :param error: the error, with Segment's error objects.
    :param settings: the settings that were sent.
    :param context: the object's context.
    """
    candidates = [key for key in settings if key not in context.secrets]
    named = {key for key in candidates if _is_named(key, error)}
    if not named:
        named = {option["name"] for option in context.options if _is_read_only(option)}
    return [key for key in candidates if key in named]


def ignored_settings(
    context: SettingsContext, settings: Mapping[str, Any], actual: Mapping[str, Any], left_out: Iterable[str] = ()
) -> Flow[list[str]]:
    """Return the labels of settings that Segment did not store as sent, and warn about each.

    :param context: the object's context.
    :param settings: the described settings.
    :param actual: the settings that Segment returned after the write.
    :param left_out: keys that were left out of the write.
    """
    compared = diff_settings(settings, actual, context.options)
    ignored = dict.fromkeys((*left_out, *compared.changed, *compared.unknown))
    for key in ignored:
        if key in actual:
            reason = "is read-only: Segment did not change its value"
        else:
            reason = "was not stored, or Segment does not return it"
        yield Log(f"{context.label}: {setting_label(key)} {reason}; remove it from the description", logging.WARNING)
    return list(map(setting_label, ignored))


def _is_named(key: str, error: SegmentInvalidRequestError) -> bool:
    word = re.compile(rf"(?<![\w-]){re.escape(key)}(?![\w-])")
    return any(map(word.search, _words(error)))


def _words(error: SegmentInvalidRequestError) -> Iterator[str]:
    for one in error.errors:
        yield one.get("message") or ""
        yield (one.get("field") or "").rpartition(".")[2]


def _is_read_only(option: CatalogOption) -> bool:
    return any(_READ_ONLY.search(option.get(text) or "") for text in ("label", "description"))  # type: ignore[call-overload]
