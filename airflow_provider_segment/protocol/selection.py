"""The arguments that select an object: either its id, or all parts of its identity."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from msgspec import Struct, structs

from airflow_provider_segment.protocol.arguments import check_id, check_name, check_reference

Check = Callable[[str, Any], Any]

SOURCE_AND_TYPE: Mapping[str, Check] = {
    "source": check_reference,
    "source_id": check_id,
    "destination_type": check_reference,
    "metadata_id": check_id,
}
"""The arguments for a source and a destination type, with their checks."""
DESTINATION_CHECKS: Mapping[str, Check] = {"destination_id": check_id, **SOURCE_AND_TYPE, "name": check_name}
"""The arguments that select a destination, with their checks."""
ID_ARGUMENTS = {"source": "source_id", "destination_type": "metadata_id", "action": "action_id"}
"""The arguments that take a slug or an id, each with the argument that takes the id of the same object."""


class DestinationSelection(Struct, frozen=True, kw_only=True):
    """The selection of a destination by its id, or by its source, type and name.

    :param destination_id: its id.
    :param source: slug or id of its source.
    :param source_id: id of its source, which may also be passed with ``destination_id``.
    :param destination_type: slug or catalog id of its type.
    :param metadata_id: catalog id of its type.
    :param name: display name.
    """

    destination_id: str | None = None
    source: str | None = None
    source_id: str | None = None
    destination_type: str | None = None
    metadata_id: str | None = None
    name: str | None = None

    def __str__(self) -> str:
        if self.destination_id is not None:
            return self.destination_id
        kind, source = self.destination_type or self.metadata_id, self.source or self.source_id
        return f"{self.name!r} of type {kind} on source {source}"

    @property
    def has_ids(self) -> bool:
        """Whether the ids of the destination and of its source are known."""
        return self.destination_id is not None and self.source_id is not None

    def to_json(self) -> dict[str, str]:
        """Return the arguments that are set, by name."""
        return {name: value for name, value in structs.asdict(self).items() if value is not None}


def check_one_form(arguments: Mapping[str, Any], *, required: bool = False) -> None:
    """Check that each object is selected by slug or by id, not by both; templates need not be rendered yet.

    :param arguments: the arguments by name; ``None`` if not set. Arguments that select no object are ignored.
    :param required: whether each object must be selected.
    :raises ValueError: an object is selected twice, or not at all.
    """
    for slug, object_id in ID_ARGUMENTS.items():
        if slug not in arguments:
            continue
        present = [name for name in (slug, object_id) if arguments[name] is not None]
        if len(present) > 1:
            raise ValueError(
                f"{slug} and {object_id} can't be combined; pass only one, and check default_args too."
                f" {slug} takes a slug or an id, {object_id} only an id"
            )
        if required and not present:
            raise ValueError(
                f"neither {slug} nor {object_id} is set; {slug} takes a slug or an id, {object_id} only an id"
            )


def check_destination_selection(arguments: Mapping[str, Any], *, beside_id: tuple[str, ...] = ()) -> None:
    """Check that a destination is selected by its id or by its whole identity; templates need not be rendered yet.

    :param arguments: the arguments in ``DESTINATION_CHECKS``, by name; ``None`` if not set.
    :param beside_id: which of them may be passed with the id.
    :raises ValueError: both are set, neither is, the identity is incomplete, or a part of it is set twice.
    """
    parts = {name: value for name, value in arguments.items() if name != "destination_id"}
    check_selection("destination_id", arguments["destination_id"], parts, beside_id=beside_id)


def check_selection(
    id_argument: str, id_value: Any, parts: Mapping[str, Any], *, beside_id: tuple[str, ...] = ()
) -> None:
    """Check that an object is selected by its id or by its whole identity; templates need not be rendered yet.

    :param id_argument: name of the argument that takes the id.
    :param id_value: its value.
    :param parts: the arguments that make up the identity, both those that take slugs and those that take ids.
    :param beside_id: the arguments in ``parts`` that may be passed with the id.
    :raises ValueError: both are set, neither is, the identity is incomplete, or a part of it is set twice.
    """
    check_one_form(parts)
    present = {argument for argument, value in parts.items() if value is not None}
    needed = {name: {name, ID_ARGUMENTS.get(name)} for name in parts if name not in ID_ARGUMENTS.values()}
    allowed = f"pass either {id_argument}, or {_listed(needed)}"
    if id_value is not None and (extra := [name for name in parts if name in present.difference(beside_id)]):
        raise ValueError(
            f"{id_argument} can't be combined with {', '.join(extra)}; {allowed}, and check default_args too"
        )
    missing = [name for name, names in needed.items() if not names & present]
    if id_value is None and missing:
        raise ValueError(f"{allowed}; missing: {', '.join(missing)}")


def _listed(arguments: Iterable[str]) -> str:
    *first, last = [f"{one} (or {ID_ARGUMENTS[one]})" if one in ID_ARGUMENTS else one for one in arguments]
    return f"{', '.join(first)} and {last} together" if first else last
