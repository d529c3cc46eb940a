"""The identity of an object, and the arguments that select an existing one.

The API has no idempotency key and does not promise that a name is unique, so this package defines identity: a
destination is its source, its catalog id and its name; a subscription is its destination, its action, its name
and, with Reverse ETL, its model; a filter is its destination and its title.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from msgspec import Struct

from airflow_provider_segment.protocol.arguments import check_id, check_name, check_reference

Check = Callable[[str, Any], Any]


class DestinationIdentity(Struct, frozen=True, kw_only=True):
    """The identity of a destination.

    Its source and type may be named by a slug or id instead, which ``provisioning/references.py`` resolves.

    :param name: display name.
    :param source_id: id of its source; empty until ``source`` is resolved.
    :param metadata_id: catalog id of its type; empty until ``destination_type`` is resolved.
    :param source: slug or id of its source.
    :param destination_type: slug or catalog id of its type.
    """

    name: str
    source_id: str = ""
    metadata_id: str = ""
    source: str | None = None
    destination_type: str | None = None

    def __str__(self) -> str:
        kind, source = self.destination_type or self.metadata_id, self.source or self.source_id
        return f"destination {self.name!r} of type {kind} on source {source}"


class SubscriptionIdentity(Struct, frozen=True, kw_only=True):
    """The identity of a subscription.

    :param destination_id: id of its destination.
    :param name: display name.
    :param action_id: id of its action; empty until ``action`` is resolved.
    :param model_id: id of its Reverse ETL model; ``None`` for any.
    :param action: slug or id of its action.
    """

    destination_id: str
    name: str
    action_id: str = ""
    model_id: str | None = None
    action: str | None = None

    def __str__(self) -> str:
        action = self.action or self.action_id
        return f"subscription {self.name!r} to action {action} of destination {self.destination_id}"


class FilterIdentity(Struct, frozen=True, kw_only=True):
    """The identity of a filter.

    :param destination_id: id of its destination.
    :param name: its title.
    """

    destination_id: str
    name: str

    def __str__(self) -> str:
        return f"filter {self.name!r} of destination {self.destination_id}"


Identity = DestinationIdentity | SubscriptionIdentity | FilterIdentity


def destination_target(arguments: Mapping[str, Any]) -> str | DestinationIdentity:
    """Return the id or the identity that checked arguments select a destination by.

    :param arguments: by name.
    """
    if "destination_id" in arguments:
        return str(arguments["destination_id"])
    names = ("source", "source_id", "destination_type", "metadata_id", "name")
    return DestinationIdentity(**_present(arguments, names))


def subscription_target(arguments: Mapping[str, Any]) -> str | SubscriptionIdentity:
    """Return the id or the identity that checked arguments select a subscription by.

    :param arguments: by name.
    """
    if "subscription_id" in arguments:
        return str(arguments["subscription_id"])
    return SubscriptionIdentity(**_present(arguments, ("destination_id", "action", "action_id", "name")))


def filter_target(arguments: Mapping[str, Any]) -> str | FilterIdentity:
    """Return the id or the identity that checked arguments select a filter by.

    :param arguments: by name.
    """
    if "filter_id" in arguments:
        return str(arguments["filter_id"])
    return FilterIdentity(destination_id=arguments["destination_id"], name=arguments["title"])


SOURCE_AND_TYPE: Mapping[str, Check] = {
    "source": check_reference,
    "source_id": check_id,
    "destination_type": check_reference,
    "metadata_id": check_id,
}
"""The arguments that name a source and a destination type, with their checks."""
DESTINATION_SELECTION: Mapping[str, Check] = {"destination_id": check_id, **SOURCE_AND_TYPE, "name": check_name}
"""The arguments that select a destination, with their checks."""
ID_ARGUMENTS = {"source": "source_id", "destination_type": "metadata_id", "action": "action_id"}
"""The arguments that take a slug or an id, and those that take the id of the same object."""


def check_one_form(arguments: Mapping[str, Any], *, required: bool = False) -> None:
    """Check that each object is named by a slug or by an id, not by both; works before templates are rendered.

    :param arguments: by name; ``None`` if not set. Those that name no object are ignored.
    :param required: whether each object must be named.
    :raises ValueError: an object is named twice, or not at all.
    """
    for slug, object_id in ID_ARGUMENTS.items():
        if slug not in arguments:
            continue
        present = [name for name in (slug, object_id) if arguments[name] is not None]
        if len(present) > 1:
            raise ValueError(
                f"{slug} and {object_id} were both given (perhaps by default_args); give only one of them:"
                f" {slug} takes a slug or an id, {object_id} an id"
            )
        if required and not present:
            raise ValueError(
                f"neither {slug} nor {object_id} was given; {slug} takes a slug or an id, {object_id} an id"
            )


def check_destination_selection(arguments: Any, *, beside_id: tuple[str, ...] = ()) -> None:
    """Check that a destination is selected by its id or by its whole identity; works before templates are rendered.

    :param arguments: an object with the arguments of ``DESTINATION_SELECTION`` as attributes.
    :param beside_id: which of them may be given together with the id.
    :raises ValueError: both are set, neither is, the identity is incomplete, or a part of it is given twice.
    """
    parts = {name: getattr(arguments, name) for name in DESTINATION_SELECTION if name != "destination_id"}
    check_selection("destination_id", arguments.destination_id, parts, beside_id=beside_id)


def check_selection(
    id_argument: str, id_value: Any, parts: Mapping[str, Any], *, beside_id: tuple[str, ...] = ()
) -> None:
    """Check that an object is selected by its id or by its whole identity; works before templates are rendered.

    :param id_argument: name of the argument that takes the id.
    :param id_value: its value.
    :param parts: the arguments that make up the identity, both those that take slugs and those that take ids.
    :param beside_id: those of them that may be given together with the id.
    :raises ValueError: both are set, neither is, the identity is incomplete, or a part of it is given twice.
    """
    check_one_form(parts)
    present = {argument for argument, value in parts.items() if value is not None}
    needed = {name: {name, ID_ARGUMENTS.get(name)} for name in parts if name not in ID_ARGUMENTS.values()}
    allowed = f"give either {id_argument}, or {_listed(needed)}"
    if id_value is not None and (extra := [name for name in parts if name in present.difference(beside_id)]):
        raise ValueError(
            f"{id_argument} was given together with {', '.join(extra)} (perhaps by default_args); {allowed}"
        )
    missing = [name for name, names in needed.items() if not names & present]
    if id_value is None and missing:
        raise ValueError(f"{allowed}; missing: {', '.join(missing)}")


def _listed(arguments: Iterable[str]) -> str:
    *first, last = [f"{one} (or {ID_ARGUMENTS[one]})" if one in ID_ARGUMENTS else one for one in arguments]
    return f"{', '.join(first)} and {last} together" if first else last


def _present(arguments: Mapping[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: arguments[name] for name in names if name in arguments}
