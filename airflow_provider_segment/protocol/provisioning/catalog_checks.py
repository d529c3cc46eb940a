"""Checks of a description against the catalog, before anything is created or changed.

An unknown type or action is an error, since Segment would reject it. An unknown, missing or wrongly typed setting
causes a warning, since the catalog is not complete.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any, TypeAlias

from airflow_provider_segment.protocol.api.catalog import catalog_listing, get_destination_metadata
from airflow_provider_segment.protocol.api.objects import (
    CatalogAction,
    CatalogActionField,
    CatalogEntry,
    CatalogOption,
    Destination,
    DestinationMetadata,
)
from airflow_provider_segment.protocol.arguments import is_trimmed, masked_keys
from airflow_provider_segment.protocol.errors import (
    SegmentAlreadyExistsError,
    SegmentAuthError,
    SegmentNotFoundError,
)
from airflow_provider_segment.protocol.flow.pagination import collect
from airflow_provider_segment.protocol.flow.steps import CallOptions, Flow, Log
from airflow_provider_segment.protocol.phrases import MAX_CANDIDATES, listed
from airflow_provider_segment.protocol.provisioning.diff import is_server_key, key_hint, setting_label
from airflow_provider_segment.protocol.provisioning.identity import DestinationIdentity
from airflow_provider_segment.protocol.secret_str import SecretStr

TypeRecord: TypeAlias = CatalogEntry | DestinationMetadata
"""A destination type, from the catalog or from the record of a destination."""

_KINDS: dict[str, tuple[str, type | tuple[type, ...]]] = {
    "boolean": ("a boolean", bool),
    "number": ("a number", (int, float)),
    "string": ("a string", (str, SecretStr)),
    "password": ("a string", (str, SecretStr)),
    "array": ("a list", (list, tuple)),
}
"""The types that are checked; the catalog's other types, such as ``mixed``, allow several."""


def read_type(
    options: CallOptions, identity: DestinationIdentity, siblings: Iterable[Destination]
) -> Flow[TypeRecord | None]:
    """Return the type of a new destination, from an existing destination of this type or from the catalog.

    :param identity: the destination's identity.
    :param siblings: destinations of its source, with the options of their types.
    :return: the type; ``None`` if the token may not read the catalog.
    :raises ValueError: the catalog has no such type; the message names candidates.
    """
    for one in siblings:
        if one["metadata"]["id"] == identity.metadata_id and "options" in one["metadata"]:
            return one["metadata"]
    try:
        return (yield from get_destination_metadata(options, metadata_id=identity.metadata_id))
    except SegmentAuthError as error:
        if error.status != 403:
            raise
        yield Log(f"the settings were not checked, because the catalog could not be read: {error}", logging.WARNING)
        return None
    except SegmentNotFoundError:
        catalog = yield from collect(catalog_listing(), options)
    raise ValueError(
        f"the catalog has no destination type {identity.metadata_id!r}{candidates(identity.metadata_id, catalog)}"
    )


def options_of(destination_type: TypeRecord | None) -> list[CatalogOption]:
    """Return the options of a destination type, or an empty list if they are unknown.

    :param destination_type: the type.
    """
    return [] if destination_type is None else destination_type.get("options") or []


def fields_of(destination_type: TypeRecord | None, action_id: str) -> list[CatalogActionField]:
    """Return the fields of an action, or an empty list if they are unknown.

    :param destination_type: the type that has the action.
    :param action_id: the action.
    """
    actions = [] if destination_type is None else destination_type.get("actions") or []
    return next((one.get("fields") or [] for one in actions if one["id"] == action_id), [])


def check_new_destination(
    identity: DestinationIdentity,
    destination_type: TypeRecord | None,
    siblings: Iterable[Destination],
    described: str | None = None,
) -> None:
    """Raise if a new destination has whitespace around its name, or if its source can't have another of this type.

    :param identity: the destination's identity.
    :param destination_type: its type.
    :param siblings: destinations of its source.
    :param described: another new destination of this source and type, for the message.
    :raises ValueError: the name begins or ends with whitespace, or another new destination is described.
    :raises SegmentAlreadyExistsError: the source has a destination of this type already.
    """
    check_new_name("destination", identity.name)
    features = None if destination_type is None else destination_type.get("supportedFeatures")
    if not _is_single_instance(features or {}):
        return
    same = [one for one in siblings if one["metadata"]["id"] == identity.metadata_id]
    if same:
        names = ", ".join(f"{one.get('name') or ''!r} ({one['id']})" for one in same)
        raise SegmentAlreadyExistsError(
            f"{identity} was not created: a source can have only one destination of this type, and it already has"
            f" {names}; select the existing one by its id or name, or delete it",
            ids=tuple(one["id"] for one in same),
        )
    if described is not None:
        raise ValueError(
            f"{identity} was not created: a source can have only one destination of this type, but {described} is also"
            " described; remove one of the two descriptions"
        )


def check_new_name(what: str, name: str) -> None:
    """Raise if the name of a new object begins or ends with whitespace, which is allowed only for existing objects.

    :param what: the kind of object, for the message.
    :param name: its described name.
    """
    if not is_trimmed(name):
        raise ValueError(
            f"the new {what} name is {name!r}; remove the whitespace around it, because names are compared exactly"
        )


def check_action(label: str, action_id: str, destination_type: TypeRecord | None, used: Iterable[str] = ()) -> None:
    """Raise if a new subscription has an action that its destination's type does not have.

    :param label: names the subscription.
    :param action_id: its described action.
    :param destination_type: the type of its destination; ``None`` if it is unknown.
    :param used: actions of existing subscriptions, which may be missing in the catalog.
    :raises ValueError: the message names candidates.
    """
    actions = None if destination_type is None else destination_type.get("actions")
    if actions is None or action_id in {*used, *(one["id"] for one in actions)}:
        return
    name = _label(destination_type or {})
    if not actions:
        raise ValueError(f"{label}: the type {name} has no actions, so its destinations can't have subscriptions")
    raise ValueError(f"{label}: the type {name} has no action {action_id!r}{candidates(action_id, actions)}")


def setting_warnings(
    label: str, settings: Mapping[str, Any], options: Sequence[CatalogOption], *, actual: Mapping[str, Any] | None
) -> Iterator[str]:
    """Yield warnings about settings that are unknown, missing or wrongly typed according to the catalog.

    :param label: names the destination.
    :param settings: the described settings.
    :param options: the options of the destination's type; without any, nothing is checked.
    :param actual: the settings in Segment; ``None`` for a new destination.
    """
    known = {option["name"]: option for option in options}
    masked = masked_keys(settings)
    for key, value in settings.items() if known else ():
        if is_server_key(key) or value is None or key in masked:
            continue
        if key in known:
            yield from _type_warnings(label, key, value, known[key].get("type") or "")
        elif actual is None:
            yield unknown_setting(label, key, known)
    for key, option in known.items():
        absent = settings.get(key) is None and (actual is None or actual.get(key) is None)
        if option.get("required") and absent and option.get("defaultValue") is None:
            yield f"{label}: its type requires the setting {key!r} ({option.get('type')}), which is not described"


def unknown_setting(label: str, key: str, known: Iterable[str]) -> str:
    """Return the warning about a setting that the catalog does not know.

    :param label: names the destination.
    :param key: the setting's key.
    :param known: the keys that the catalog knows.
    """
    return f"{label}: its type has no setting {key!r}; {key_hint(key, known)}"


def candidates(value: str, records: Sequence[TypeRecord | CatalogAction]) -> str:
    """Return the end of a message about an unknown id: the most similar objects, or else the known ones.

    :param value: the unknown id.
    :param records: the existing objects.
    """
    labels: dict[str, str] = {}
    for one in records:
        for known in (one["id"], one.get("slug"), one.get("name")):
            labels.setdefault((known or "").lower(), _label(one))
    near = get_close_matches(value.lower(), [*labels], n=5, cutoff=0.7)
    if near:
        return f"; did you mean {' or '.join([*dict.fromkeys(labels[one] for one in near)][:3])}?"
    return f"; known: {listed(sorted(map(_label, records)), most=MAX_CANDIDATES)}" if records else "; there are none"


def _type_warnings(label: str, key: str, value: Any, declared: str) -> Iterator[str]:
    expected, kinds = _KINDS.get(declared, ("", object))
    if not isinstance(value, kinds) or (declared == "number" and isinstance(value, bool)):
        yield f"{label}: {setting_label(key)} is {_kind(value)}, but its type expects {expected}"


def _kind(value: Any) -> str:
    if isinstance(value, Mapping):
        return "an object"
    return next(word for word, kinds in _KINDS.values() if isinstance(value, kinds))


def _is_single_instance(features: Mapping[str, Any]) -> bool:
    """Return whether a source can have only one destination of a type. https://docs.segmentapis.com/tag/Catalog"""
    cloud, device = features.get("cloudModeInstances"), features.get("deviceModeInstances")
    return cloud in ("1", "SINGLE") or (cloud in ("0", "NONE") and device in ("1", "SINGLE"))


def _label(record: Mapping[str, Any]) -> str:
    return f"{record.get('name') or record.get('slug') or ''!r} ({record['id']})"
