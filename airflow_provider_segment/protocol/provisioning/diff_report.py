"""The differences between Segment and a description, by object and field, for results, messages and tables.

Values of settings, which may be secrets, are never shown.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Literal, TypeAlias, TypedDict

from airflow_provider_segment.protocol.phrases import counted
from airflow_provider_segment.protocol.provisioning.diff import (
    FieldDiff,
    display,
    hidden_setting,
    is_server_key,
    setting_label,
)
from airflow_provider_segment.protocol.provisioning.filter_plan import FilterPlan
from airflow_provider_segment.protocol.provisioning.filter_spec import FilterSpec
from airflow_provider_segment.protocol.provisioning.plan import DestinationPlan, Plan, Result, SubscriptionPlan
from airflow_provider_segment.protocol.provisioning.spec import DestinationSpec, SubscriptionSpec

ObjectResult: TypeAlias = Literal[
    "created", "changed", "kept", "removed", "would create", "would change", "would remove"
]
"""What an apply did to an object; if it wrote nothing, what it would do."""

Kind: TypeAlias = Literal["destination", "subscription", "filter"]
PlannedObject: TypeAlias = DestinationPlan | SubscriptionPlan | FilterPlan

_RESULTS: dict[str, ObjectResult] = {"created": "created", "changed": "changed", "kept": "kept", "removed": "removed"}
_WOULD: dict[str, ObjectResult] = {"created": "would create", "changed": "would change", "removed": "would remove"}
_NO_IDS: Mapping[int, str] = MappingProxyType({})
_SETTINGS = setting_label("").removesuffix("'']")
_MAX_PLACES = 10
"""Maximum number of differences in a message."""
_MAX_VALUE = 80
"""Maximum length of a value in a message; longer ones are cut."""


class FieldDifference(TypedDict):
    """A field that differs, or a field of a new object, with its values as readable strings.

    ``before``: its value in Segment; ``after``: the described one. Both are empty where there is no value, and for
    ``settings['…']``, whose values are never shown.
    """

    field: str
    before: str
    after: str


class Difference(TypedDict):
    """An object that differs from its description.

    ``object``: its kind; ``id``: ``None`` for one that does not exist; ``result``: what an apply did, or would do;
    ``fields``: what differs, or what a new object gets; empty for an object that is not described.
    """

    object: Kind
    name: str
    id: str | None
    result: ObjectResult
    fields: list[FieldDifference]


def object_result(part: PlannedObject, *, written: bool = True) -> ObjectResult:
    """Return what an apply did to an object, or what it would do.

    :param part: a part of a plan.
    :param written: whether the plan was executed.
    """
    word = part.step.result if isinstance(part, FilterPlan) else part.result.value
    return _RESULTS[word] if written else _WOULD.get(word, _RESULTS[word])


def object_fields(part: PlannedObject) -> Sequence[FieldDiff]:
    """Return an object's differing fields; for a new object, all fields that have a value.

    :param part: a part of a plan.
    """
    if part.spec is None or object_result(part) != "created":
        return part.diff.fields
    return tuple(_new_fields(part.spec))


def field_differences(part: PlannedObject) -> list[FieldDifference]:
    """Return an object's differing fields as JSON values; for a new object, all fields that have a value.

    :param part: a part of a plan.
    """
    return [FieldDifference(field=one.field, before=one.before, after=one.after) for one in object_fields(part)]


def differences(
    plan: Plan, *, written: bool, ids: Mapping[int, str] = _NO_IDS, filter_ids: Mapping[int, str] = _NO_IDS
) -> list[Difference]:
    """Return what a plan changes, by object and field.

    :param plan: the plan.
    :param written: whether it was executed.
    :param ids: ids of the created subscriptions, by position in the plan.
    :param filter_ids: ids of the created filters, by position in the plan.
    """
    destination = plan.destination
    found = [_difference("destination", destination.spec.name, destination, destination.id, written=written)]
    for position, part in enumerate(plan.subscriptions):
        found.append(_difference("subscription", part.name, part, part.id or ids.get(position), written=written))
    for position, one in enumerate(plan.filters):
        found.append(_difference("filter", one.title, one, one.id or filter_ids.get(position), written=written))
    return [one for one in found if one["result"] != "kept"]


def differences_text(plan: Plan) -> str:
    """Return a plan's differences as one line, for an error or a chat message.

    :param plan: a plan that changes something.
    """
    destination = plan.destination
    if destination.result is Result.CREATED:
        return f"{destination.spec.identity} does not exist"
    found = differences(plan, written=False)
    places = [place for one in found for place in _places(one)]
    more = f"; and {len(places) - _MAX_PLACES} more" if len(places) > _MAX_PLACES else ""
    count = counted(len(places), "place")
    label = f"destination {_actual_name(destination)!r} ({destination.id})"
    return f"{label} differs from its description in {count}: {'; '.join(places[:_MAX_PLACES])}{more}"


def field_text(change: FieldDifference) -> str:
    """Return a phrase for how a field differs, such as ``enabled is false, expected true``.

    :param change: the change of the field.
    """
    if change["field"].startswith(_SETTINGS):
        return f"{change['field']} differs"
    return f"{change['field']} is {_quoted(change['before'])}, expected {_quoted(change['after'])}"


def new_field_text(change: FieldDifference) -> str:
    """Return the name and value of a field of a new object; for a setting, return only the name.

    :param change: the change of the field.
    """
    hidden = change["field"].startswith(_SETTINGS)
    return change["field"] if hidden else f"{change['field']}: {_quoted(change['after'])}"


def _difference(kind: Kind, name: str, part: PlannedObject, id: str | None, *, written: bool) -> Difference:
    result = object_result(part, written=written)
    return Difference(object=kind, name=name, id=id, result=result, fields=field_differences(part))


def _actual_name(destination: DestinationPlan) -> str:
    return (destination.actual.get("name") if destination.actual is not None else None) or destination.spec.name


def _places(one: Difference) -> Iterator[str]:
    """Yield a phrase for each difference between an object and the description."""
    if one["object"] == "destination":
        yield from map(field_text, one["fields"])
    elif one["result"] == "would create":
        yield f"{one['object']} {one['name']!r} is missing"
    elif one["result"] == "would remove":
        yield f"{one['object']} {one['name']!r} ({one['id']}) is not described"
    else:
        yield from (f"{one['object']} {one['name']!r} ({one['id']}): {field_text(field)}" for field in one["fields"])


def _new_fields(spec: DestinationSpec | SubscriptionSpec | FilterSpec) -> Iterator[FieldDiff]:
    plain: dict[str, Any] = {}
    if isinstance(spec, DestinationSpec):
        plain = {"source_id": spec.source_id, "metadata_id": spec.metadata_id}
    elif isinstance(spec, SubscriptionSpec):
        plain = {"action_id": spec.action_id, "trigger": spec.trigger, "model_id": spec.model_id}
        plain["reverse_etl_schedule"] = spec.reverse_etl_schedule
    else:
        plain = {"condition": spec.condition, "actions": spec.actions, "description": spec.description}
    plain["enabled"] = spec.enabled is not False
    yield from (FieldDiff(name, after=display(value)) for name, value in plain.items() if value is not None)
    settings = {} if isinstance(spec, FilterSpec) else spec.settings or {}
    yield from (hidden_setting(key) for key, value in settings.items() if value is not None and not is_server_key(key))


def _quoted(value: str) -> str:
    """Format a value for a message; it is quoted unless it is empty, a boolean, an object or a list."""
    if not value:
        return "empty"
    line = value if len(value) <= _MAX_VALUE else f"{value[: _MAX_VALUE - 1]}…"
    return line if value in ("true", "false") or value.startswith(("{", "[")) else repr(line)
