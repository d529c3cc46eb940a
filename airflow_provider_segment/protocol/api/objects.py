"""The API's objects, reduced to the fields that this package uses, with the API's key names.

They are plain dicts, so they can be pushed to XCom. Unknown fields are ignored and unknown enum values accepted,
because the API may add more. https://docs.segmentapis.com/tag/Destinations
"""

from __future__ import annotations

from typing import Any, NotRequired, TypedDict


class Workspace(TypedDict):
    """The workspace that the token belongs to."""

    id: str
    name: str
    slug: str


class Source(TypedDict):
    """A source, without its write keys."""

    id: str
    slug: str
    enabled: bool
    workspaceId: str
    name: NotRequired[str | None]


class CatalogOption(TypedDict):
    """A setting of a destination type. ``type`` is free text, such as ``string``, ``boolean`` or ``array``."""

    name: str
    type: NotRequired[str | None]
    required: NotRequired[bool | None]
    defaultValue: NotRequired[Any]
    label: NotRequired[str | None]
    description: NotRequired[str | None]


class CatalogActionField(TypedDict):
    """A field of an action, which defines one setting of subscriptions. https://docs.segmentapis.com/tag/Catalog

    ``fieldKey`` is the key of the setting; ``type`` is ``STRING``, ``PASSWORD``, ``BOOLEAN``, ``OBJECT`` or another.
    """

    fieldKey: NotRequired[str]
    type: NotRequired[str | None]


class _ListedAction(TypedDict):
    id: str
    name: NotRequired[str]
    slug: NotRequired[str]
    defaultTrigger: NotRequired[str | None]


class CatalogAction(_ListedAction):
    """An action that destinations of a type can perform on an event."""

    fields: NotRequired[list[CatalogActionField]]


class DestinationMetadata(TypedDict):
    """The catalog entry of a destination's type, reduced to the fields below; lists omit options and actions."""

    id: str
    name: NotRequired[str]
    slug: NotRequired[str]
    status: NotRequired[str]
    options: NotRequired[list[CatalogOption]]
    actions: NotRequired[list[CatalogAction]]
    supportedFeatures: NotRequired[dict[str, Any]]


class Destination(TypedDict):
    """A destination. Secrets in ``settings`` are masked; the catalog's defaults are filled in."""

    id: str
    enabled: bool
    sourceId: str
    settings: dict[str, Any]
    metadata: DestinationMetadata
    name: NotRequired[str | None]


class _ListedMetadata(TypedDict):
    id: str
    name: NotRequired[str]
    slug: NotRequired[str]
    status: NotRequired[str]


class ListedDestination(TypedDict):
    """A ``Destination`` in a list, decoded without its type's options and actions, which make up most of a record."""

    id: str
    enabled: bool
    sourceId: str
    settings: dict[str, Any]
    metadata: _ListedMetadata
    name: NotRequired[str | None]


class CatalogEntry(TypedDict):
    """A destination type in the catalog, reduced to the fields needed to create a destination."""

    id: str
    name: str
    slug: str
    status: NotRequired[str]
    options: NotRequired[list[CatalogOption]]
    actions: NotRequired[list[CatalogAction]]
    supportedFeatures: NotRequired[dict[str, Any]]


class ListedCatalogEntry(TypedDict):
    """A ``CatalogEntry`` in a list, decoded without options and fields of actions, which make up most of an entry."""

    id: str
    name: str
    slug: str
    status: NotRequired[str]
    actions: NotRequired[list[_ListedAction]]
    supportedFeatures: NotRequired[dict[str, Any]]


class ReverseEtlSchedule(TypedDict):
    """The sync schedule of a Reverse ETL subscription. https://docs.segmentapis.com/tag/Reverse-ETL"""

    strategy: str
    config: NotRequired[dict[str, Any] | None]


class Subscription(TypedDict):
    """A subscription of a destination; the Segment app calls it a "mapping". An empty ``modelId`` means no model."""

    id: str
    name: str
    actionId: str
    destinationId: str
    enabled: bool
    trigger: str
    settings: NotRequired[dict[str, Any] | None]
    actionSlug: NotRequired[str]
    modelId: NotRequired[str | None]
    reverseETLSchedule: NotRequired[ReverseEtlSchedule | None]


class FilterAction(TypedDict):
    """An action that a filter performs on an event. https://docs.segmentapis.com/tag/Destination-Filters

    ``type`` is ``DROP``, ``SAMPLE`` (with ``percent`` and perhaps ``path``), ``DROP_PROPERTIES`` or
    ``ALLOW_PROPERTIES`` (both with ``fields``).
    """

    type: str
    fields: NotRequired[dict[str, Any] | None]
    percent: NotRequired[float | None]
    path: NotRequired[str | None]


# Not a class, because `if` is a keyword.
Filter = TypedDict(
    "Filter",
    {
        "id": str,
        "sourceId": str,
        "destinationId": str,
        "title": str,
        "if": str,
        "actions": list[FilterAction],
        "enabled": bool,
        "description": NotRequired[str | None],
    },
)
Filter.__doc__ = """A destination filter; ``if`` is an FQL statement, or ``all``."""


class FilterPreview(TypedDict):
    """The effect of a filter on a sample event; ``result`` is ``None`` if the filter drops the event."""

    inputPayload: dict[str, Any]
    result: dict[str, Any] | None
