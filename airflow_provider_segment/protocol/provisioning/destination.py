"""Creating a destination from its description, and changing or deleting one selected by id or identity."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from airflow_provider_segment.protocol.api.destinations import (
    delete_destination,
    get_destination,
    post_destination,
    update_destination,
)
from airflow_provider_segment.protocol.api.objects import CatalogOption, Destination
from airflow_provider_segment.protocol.api.requests import drop_none
from airflow_provider_segment.protocol.flow.staleness import replan_when_stale
from airflow_provider_segment.protocol.flow.steps import CallOptions, Flow, Log
from airflow_provider_segment.protocol.key_path import KeyPath
from airflow_provider_segment.protocol.phrases import destination_label
from airflow_provider_segment.protocol.provisioning.catalog_checks import (
    check_new_destination,
    options_of,
    read_type,
    setting_warnings,
    unknown_setting,
)
from airflow_provider_segment.protocol.provisioning.comparison import holds_mask
from airflow_provider_segment.protocol.provisioning.creating import (
    Ensured,
    check_created,
    create_idempotently,
    find_one,
)
from airflow_provider_segment.protocol.provisioning.declared_types import declared_types, with_declared_types
from airflow_provider_segment.protocol.provisioning.diff import (
    check_templated_secrets,
    diff_destination,
    diff_settings,
)
from airflow_provider_segment.protocol.provisioning.identity import DestinationIdentity, destination_target
from airflow_provider_segment.protocol.provisioning.literal_secrets import warn_about_literal_passwords
from airflow_provider_segment.protocol.provisioning.lookup import (
    delete_resolved,
    handle_existing,
    resolve,
)
from airflow_provider_segment.protocol.provisioning.references import ResolvedIds, read_siblings, resolve_source
from airflow_provider_segment.protocol.provisioning.settings_writes import (
    SettingsContext,
    ignored_settings,
    write_settings,
)
from airflow_provider_segment.protocol.provisioning.spec import DestinationSpec, without_none
from airflow_provider_segment.protocol.selection import DestinationSelection


def find_destinations(
    options: CallOptions, identity: DestinationIdentity, ids: ResolvedIds | None = None
) -> Flow[list[Destination]]:
    """Return all destinations that match an identity.

    Only the destinations of its source are listed, because a workspace may have thousands.

    :param identity: the destination's identity.
    :param ids: the known ids of its source and type; both are added.
    :raises ValueError: its source or type is unknown or ambiguous.
    :raises SegmentNotFoundError: the source does not exist.
    """
    resolved, listed = yield from read_siblings(options, identity, ids or ResolvedIds())
    return matching(listed, resolved)


def matching(listed: list[Destination], identity: DestinationIdentity) -> list[Destination]:
    """Return the destinations that match an identity.

    :param listed: destinations of its source.
    :param identity: the destination's identity, with its ids.
    """
    return [
        destination
        for destination in listed
        if destination["metadata"]["id"] == identity.metadata_id and (destination.get("name") or "") == identity.name
    ]


def create_destination(
    options: CallOptions,
    *,
    source_id: str,
    metadata_id: str,
    name: str,
    settings: dict[str, Any],
    enabled: bool = True,
) -> Flow[Destination]:
    """Create a destination; if the response is lost, check whether the destination exists before retrying.

    :param source_id: id of the source to connect it to; can't be changed later.
    :param metadata_id: catalog id of its type; can't be changed later.
    :param name: display name; instances of one type on one source need distinct names.
    :param settings: keyed by the option names of the catalog entry; may be empty.
    :param enabled: whether it receives data.
    :return: the destination, with the catalog's defaults filled in and secrets masked.
    :raises SegmentAmbiguousWriteError: responses were lost until the budget was spent.
    :raises SegmentSeveralMatchesError: several destinations have this identity now.
    """
    spec = DestinationSpec(source_id=source_id, metadata_id=metadata_id, name=name, settings=settings, enabled=enabled)
    return (yield from create_from_spec(options.redacting(settings), spec, confirm=False))


def create_from_spec(
    options: CallOptions,
    spec: DestinationSpec,
    *,
    confirm: bool,
    on_created: Callable[[str], None] = lambda _: None,
) -> Flow[Destination]:
    """Create exactly one destination.

    :param spec: its description.
    :param confirm: check afterwards that it is the only one.
    :param on_created: called with its id as soon as it is known.
    :return: the destination.
    """
    enabled = spec.enabled is not False

    def create(options: CallOptions) -> Flow[Destination]:
        created = yield from post_destination(
            options,
            source_id=spec.source_id,
            metadata_id=spec.metadata_id,
            name=spec.name,
            settings=without_none(spec.settings),
            enabled=enabled,
        )
        check_created(spec.identity, created, enabled=enabled)
        return created

    def find(options: CallOptions) -> Flow[list[Destination]]:
        return (yield from find_destinations(options, spec.identity))

    return (
        yield from create_idempotently(
            options, spec.identity, create=create, find=find, confirm=confirm, on_created=on_created
        )
    )


def ensure_destination(
    options: CallOptions,
    *,
    spec: DestinationSpec,
    if_exists: str,
    wait_for_pending: bool = False,
    ids: ResolvedIds | None = None,
) -> Flow[Ensured]:
    """Create a destination unless it already exists.

    :param spec: its description.
    :param if_exists: ``reuse``, ``update`` or ``fail``.
    :param wait_for_pending: before creating, poll for it for ``reconcile_timeout`` seconds, since an earlier try may
        have left a request in flight.
    :param ids: the known ids of its source and type; both are added.
    :return: its id, and the settings that Segment ignored.
    """
    known = ids or ResolvedIds()
    return (
        yield from replan_when_stale(
            options,
            lambda fresh, pending: _ensure(fresh, spec=spec, if_exists=if_exists, wait_for_pending=pending, ids=known),
            wait_for_pending=wait_for_pending,
        )
    )


def _ensure(
    options: CallOptions, *, spec: DestinationSpec, if_exists: str, wait_for_pending: bool, ids: ResolvedIds
) -> Flow[Ensured]:
    options = options.redacting(spec.settings)
    identity = spec.identity
    siblings: list[Destination] = []

    def find(options: CallOptions) -> Flow[list[Destination]]:
        resolved, siblings[:] = yield from read_siblings(options, identity, ids)
        return matching(siblings, resolved)

    existing = yield from find_one(options, identity, find, wait_for_pending=wait_for_pending)
    spec = ids.destination(spec)
    if existing is None:
        spec = yield from prepare_create(options, spec, siblings)
        created = yield from create_from_spec(options, spec, confirm=True)
        yield Log(f"created {identity}: {created['id']}")
        return Ensured(created["id"], tuple((yield from ignored_on_create(spec, created))))
    known = options_of(existing["metadata"])
    spec = with_declared_types(spec, known)
    yield from warn_about_literal_passwords(identity, spec.settings, known, templated=spec.templated)
    diff = diff_destination(spec, existing)
    if (yield from handle_existing(existing["id"], identity, diff, if_exists=if_exists)):
        yield from warn_about_settings(identity, spec.settings, known, actual=existing["settings"])
        return Ensured(existing["id"], tuple((yield from write_destination(options, existing, diff.changes))))
    return Ensured(existing["id"])


def prepare_create(
    options: CallOptions, spec: DestinationSpec, siblings: Sequence[Destination]
) -> Flow[DestinationSpec]:
    """Check the description of a new destination against the catalog.

    :param spec: its description.
    :param siblings: destinations of its source.
    :return: the description; values rendered by templates have the types that the catalog declares.
    :raises ValueError: the type is unknown, or the name begins or ends with whitespace.
    :raises SegmentAlreadyExistsError: the type allows one destination for each source, and there is one.
    """
    kind = yield from read_type(options, spec.identity, siblings)
    check_new_destination(spec.identity, kind, siblings)
    typed = with_declared_types(spec, options_of(kind))
    yield from warn_about_settings(spec.identity, typed.settings, options_of(kind), actual=None)
    yield from warn_about_literal_passwords(spec.identity, typed.settings, options_of(kind), templated=spec.templated)
    return typed


def warn_about_settings(
    label: object,
    settings: Mapping[str, Any],
    known: Sequence[CatalogOption],
    *,
    actual: Mapping[str, Any] | None,
) -> Iterator[Log]:
    """Warn about settings that are unknown, missing or wrongly typed according to the catalog.

    :param label: names the destination.
    :param settings: the described settings.
    :param known: the options of its type.
    :param actual: the settings in Segment; ``None`` for a new destination.
    """
    for warning in setting_warnings(str(label), settings, known, actual=actual):
        yield Log(warning, logging.WARNING)


def ignored_on_create(spec: DestinationSpec, created: Destination) -> Flow[list[str]]:
    """Return the labels of settings that Segment did not store in a new destination, and warn about each.

    :param spec: its description.
    :param created: the destination as Segment returned it.
    """
    context = SettingsContext(label=str(spec.identity), options=created["metadata"].get("options") or [])
    return (yield from ignored_settings(context, spec.settings, created["settings"]))


def write_destination(options: CallOptions, actual: Destination, changes: Mapping[str, Any]) -> Flow[list[str]]:
    """Bring an existing destination to its described state.

    If it must be disabled, this is sent first, because Segment may reject the other changes.

    :param actual: the destination in Segment.
    :param changes: arguments of ``update_destination``, by name; all described keys of settings.
    :return: labels of settings that Segment rejected or ignored.
    """
    destination_id = actual["id"]
    rest, disabled = yield from _disable_first(options, destination_id, changes)
    if disabled is not None:
        yield Log(f"disabled {destination_label(disabled['id'], disabled.get('name'))}")
    if not rest:
        return []
    settings = rest.get("settings") or {}
    context = SettingsContext(
        label=f"destination {destination_id}",
        options=actual["metadata"].get("options") or [],
        secrets=frozenset(key for key, value in actual["settings"].items() if holds_mask(value)),
    )
    changed, left_out = yield from write_settings(
        context, rest, update=lambda sent: update_destination(options, id=destination_id, **sent)
    )
    yield Log(f"changed {destination_label(changed['id'], changed.get('name'))}")
    return (yield from ignored_settings(context, settings, changed["settings"], left_out))


def _disable_first(
    options: CallOptions, destination_id: str, changes: Mapping[str, Any]
) -> Flow[tuple[dict[str, Any], Destination | None]]:
    """Disable a destination if the changes include disabling it.

    :return: the remaining changes, and the destination as Segment returned it; ``None`` if it was not disabled.
    """
    if changes.get("enabled") is not False:
        return dict(changes), None
    disabled = yield from update_destination(options, id=destination_id, enabled=False)
    return {name: value for name, value in changes.items() if name != "enabled"}, disabled


def locate_destination(options: CallOptions, *, selection: DestinationSelection, ids: ResolvedIds) -> Flow[str]:
    """Return the id of the selected destination, and add the id of its source to ``ids``.

    :param selection: its id, or its source, type and name.
    :param ids: the known ids of its source and type; both are added. The source stays empty if only the destination's
        id is set.
    :raises ValueError: its source or type is unknown or ambiguous.
    :raises SegmentNotFoundError: no destination has the identity.
    :raises SegmentSeveralMatchesError: several have it.
    """
    if selection.destination_id is not None:
        yield from resolve_source(options, ids, source=selection.source, source_id=selection.source_id or "")
        return selection.destination_id
    return (yield from resolve(partial(find_destinations, options, ids=ids), destination_target(selection.to_json())))


def resolve_and_update_destination(
    options: CallOptions,
    *,
    target: str | DestinationIdentity,
    new_name: str | None = None,
    is_retry: bool = False,
    enabled: bool | None = None,
    settings: dict[str, Any] | None = None,
    templated: frozenset[KeyPath] = frozenset(),
    ids: ResolvedIds | None = None,
) -> Flow[str]:
    """Change a destination, sending only the arguments that are set.

    If settings are among them, the destination is read first, to check them against its type.

    :param target: id or identity.
    :param new_name: new display name.
    :param is_retry: whether an earlier try of the same task may have renamed it already.
    :param enabled: whether it receives data.
    :param settings: the keys to set.
    :param templated: paths in ``settings`` of values rendered by templates.
    :param ids: the known ids of its source and type; both are added.
    :return: its id.
    :raises ValueError: its source or type is unknown or ambiguous, or a template rendered to nothing where Segment has
        a secret.
    :raises SegmentNotFoundError: it does not exist.
    """
    options = options.redacting(settings)
    destination_id = yield from resolve(
        partial(find_destinations, options, ids=ids or ResolvedIds()), target, new_name=new_name, is_retry=is_retry
    )
    if settings is not None:
        settings = yield from _checked_settings(options, destination_id, settings, templated)
    changes = drop_none(name=new_name, enabled=enabled, settings=settings)
    rest, changed = yield from _disable_first(options, destination_id, changes)
    if rest or changed is None:
        changed = yield from update_destination(options, id=destination_id, **rest)
    yield Log(f"changed {destination_label(changed['id'], changed.get('name'))}")
    return destination_id


def _checked_settings(
    options: CallOptions, destination_id: str, settings: dict[str, Any], templated: frozenset[KeyPath]
) -> Flow[dict[str, Any]]:
    """Check settings against an existing destination's options, and return them converted to the declared types."""
    actual = yield from get_destination(options, id=destination_id)
    known = options_of(actual["metadata"])
    check_templated_secrets(settings, actual["settings"], templated=templated)
    typed = declared_types(settings, known, templated=templated)
    label = f"destination {destination_id}"
    for key in diff_settings(typed, actual["settings"], known).unknown:
        yield Log(unknown_setting(label, key, [option["name"] for option in known]), logging.WARNING)
    yield from warn_about_settings(label, typed, known, actual=actual["settings"])
    yield from warn_about_literal_passwords(label, typed, known, templated=templated)
    return typed


def resolve_and_delete_destination(
    options: CallOptions, *, target: str | DestinationIdentity, if_missing: str, ids: ResolvedIds | None = None
) -> Flow[str | None]:
    """Delete a destination.

    :param target: id or identity.
    :param if_missing: ``ignore`` or ``fail``.
    :param ids: the known ids of its source and type; both are added.
    :return: its id; ``None`` if no destination has the identity.
    :raises ValueError: its source or type is unknown or ambiguous.
    :raises SegmentNotFoundError: it does not exist and ``if_missing`` is ``fail``.
    """
    return (
        yield from delete_resolved(
            partial(find_destinations, options, ids=ids or ResolvedIds()),
            lambda destination_id: delete_destination(options, id=destination_id),
            target,
            if_missing=if_missing,
            parent_may_be_missing=False,
        )
    )
