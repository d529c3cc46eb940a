"""Descriptions: the contents of a spec file. References are slugs or ids, and secrets are aliases."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

from airflow_provider_segment.protocol.key_path import KeyPath
from airflow_provider_segment.protocol.provisioning.filter_spec import FilterCheck
from airflow_provider_segment.protocol.secret_str import SecretStr

ReadAlias: TypeAlias = Callable[[str], SecretStr | str | None]
"""A function that returns the secret of an alias, or ``None`` if it is not known."""


@dataclass(frozen=True, slots=True)
class SecretAlias:
    """A reference to a secret inside settings.

    :param alias: name of the secret.
    """

    alias: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SubscriptionDescription:
    """The description of a subscription, as a spec file contains it.

    :param action: slug or id of its action.
    :param name: display name; ``None`` leaves it alone, which requires an ``id``.
    :param trigger: an FQL statement; ``None`` leaves it alone, which requires an ``id``.
    :param enabled: whether it processes events; ``None`` leaves an existing one alone and creates a new one enabled.
    :param settings: keyed by the field names of the action, may hold secret aliases; ``None`` leaves them alone.
    :param model_id: the Reverse ETL model its data comes from.
    :param reverse_etl_schedule: when that model syncs.
    :param id: Segment's id.
    :param previous_name: its earlier name, to rename it.
    :param removed: whether it must not exist.
    :param unsupplied: keys of settings that were left out because their secret is not supplied, each with its alias.
    :param templated: paths in ``settings`` whose values were rendered from templates.
    """

    action: str
    name: str | None = None
    trigger: str | None = None
    enabled: bool | None = None
    settings: dict[str, Any] | None = field(default=None, repr=False)
    model_id: str | None = None
    reverse_etl_schedule: dict[str, Any] | None = None
    id: str | None = None
    previous_name: str | None = None
    removed: bool = False
    unsupplied: Mapping[str, str] = field(default_factory=dict)
    templated: frozenset[KeyPath] = frozenset()

    @property
    def label(self) -> str:
        """The name that messages use for the subscription."""
        return f"subscription {self.name!r}" if self.name is not None else f"subscription {self.id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class FilterDescription:
    """The description of a filter, as a spec file contains it.

    :param title: display name; ``None`` leaves it alone and requires an ``id``.
    :param condition: FQL statement that selects events, or ``all``; ``None`` leaves it alone and requires an ``id``.
    :param actions: what happens to these events, with the API's keys; ``None`` leaves them alone and requires an
        ``id``.
    :param enabled: whether it filters events; ``None`` leaves an existing one alone and creates a new one enabled.
    :param description: what it is for; ``None`` leaves it alone, and an empty one removes it.
    :param checks: sample events, each with the result that the filter must have for it.
    :param id: Segment's id.
    :param previous_title: its earlier title, to rename it.
    :param removed: whether it must not exist.
    """

    title: str | None = None
    condition: str | None = None
    actions: list[dict[str, Any]] | None = None
    enabled: bool | None = None
    description: str | None = None
    checks: tuple[FilterCheck, ...] = ()
    id: str | None = None
    previous_title: str | None = None
    removed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DestinationDescription:
    """The description of a destination and everything in it, as a spec file contains it.

    :param path: the file that describes it, for messages.
    :param source: slug or id of its source.
    :param type: slug or catalog id of its type.
    :param name: display name; ``None`` leaves it alone, which requires an ``id``.
    :param enabled: whether it receives data; ``None`` leaves an existing one alone and creates a new one enabled.
    :param settings: keyed by the option names of the catalog entry, may hold secret aliases.
    :param subscriptions: its subscriptions; ``None`` leaves them alone.
    :param filters: its filters; ``None`` leaves them alone.
    :param id: Segment's id.
    :param previous_name: its earlier name, to rename it.
    :param removed: whether it must not exist.
    :param unsupplied: keys of settings that were left out because their secret is not supplied, each with its alias.
    :param templated: paths in ``settings`` whose values were rendered from templates.
    """

    path: str
    source: str
    type: str
    name: str | None = None
    enabled: bool | None = None
    settings: dict[str, Any] = field(default_factory=dict, repr=False)
    subscriptions: tuple[SubscriptionDescription, ...] | None = None
    filters: tuple[FilterDescription, ...] | None = None
    id: str | None = None
    previous_name: str | None = None
    removed: bool = False
    unsupplied: Mapping[str, str] = field(default_factory=dict)
    templated: frozenset[KeyPath] = frozenset()

    @property
    def label(self) -> str:
        """The name that messages use for the destination."""
        return described_label(self.name, self.id)

    @property
    def aliases(self) -> frozenset[str]:
        """The secret aliases in the settings of the destination and its subscriptions."""
        entries = [self.settings, *(one.settings for one in self.subscriptions or ())]
        return frozenset(alias for settings in entries for alias in _aliases(settings))

    def unsupplied_secrets(self) -> Iterator[tuple[str, str]]:
        """Yield the location and the alias of each secret that is not supplied."""
        for key, alias in self.unsupplied.items():
            yield f"settings[{key!r}]", alias
        for one in self.subscriptions or ():
            for key, alias in one.unsupplied.items():
                yield f"{one.label}: settings[{key!r}]", alias


def described_label(name: str | None, id: str | None) -> str:
    """Return the name that messages use for a destination.

    :param name: its described name.
    :param id: its id, for a destination whose name is not described.
    """
    return f"destination {name!r}" if name is not None else f"destination {id}"


def supply_secrets(description: DestinationDescription, read: ReadAlias) -> DestinationDescription:
    """Return a description with its secret aliases replaced by the secrets.

    A key of settings with a secret that is not supplied is left out as a whole: it can't be compared.

    :param description: the description that was read from a file.
    :param read: returns the secret of an alias, or ``None`` if it is not known.
    """
    settings, unsupplied = _supply(description.settings, read)
    subscriptions = description.subscriptions
    if subscriptions is not None:
        subscriptions = tuple(_supply_subscription(one, read) for one in subscriptions)
    return replace(description, settings=settings, unsupplied=unsupplied, subscriptions=subscriptions)


def _supply_subscription(one: SubscriptionDescription, read: ReadAlias) -> SubscriptionDescription:
    if one.settings is None:
        return one
    settings, unsupplied = _supply(one.settings, read)
    return replace(one, settings=settings, unsupplied=unsupplied)


def _supply(settings: Mapping[str, Any], read: ReadAlias) -> tuple[dict[str, Any], dict[str, str]]:
    supplied: dict[str, Any] = {}
    unsupplied: dict[str, str] = {}
    for key, value in settings.items():
        secrets = {alias: read(alias) for alias in _aliases(value)}
        missing = [alias for alias, secret in secrets.items() if secret is None]
        if missing:
            unsupplied[key] = missing[0]
        else:
            supplied[key] = _replace_aliases(value, secrets)
    return supplied, unsupplied


def _aliases(value: Any) -> Iterator[str]:
    if isinstance(value, SecretAlias):
        yield value.alias
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _aliases(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _aliases(item)


def _replace_aliases(value: Any, secrets: Mapping[str, SecretStr | str | None]) -> Any:
    if isinstance(value, SecretAlias):
        return SecretStr(secrets[value.alias] or "")
    if isinstance(value, Mapping):
        return {key: _replace_aliases(item, secrets) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_replace_aliases(item, secrets) for item in value]
    return value
