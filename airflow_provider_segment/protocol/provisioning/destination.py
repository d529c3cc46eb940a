"""Creating, changing and deleting a destination by what describes it."""

from __future__ import annotations

from functools import partial
from typing import Any

from airflow_provider_segment.protocol.api.destinations import (
    delete_destination,
    destinations_listing,
    post_destination,
    update_destination,
)
from airflow_provider_segment.protocol.api.objects import Destination
from airflow_provider_segment.protocol.flow.pagination import collect
from airflow_provider_segment.protocol.flow.steps import CallOptions, Flow, Log
from airflow_provider_segment.protocol.provisioning.creating import create_idempotently, find_one
from airflow_provider_segment.protocol.provisioning.diff import diff_destination
from airflow_provider_segment.protocol.provisioning.identity import DestinationIdentity
from airflow_provider_segment.protocol.provisioning.lookup import delete_resolved, handle_existing, resolve
from airflow_provider_segment.protocol.provisioning.spec import DestinationSpec


def find_destinations(options: CallOptions, identity: DestinationIdentity) -> Flow[list[Destination]]:
    """Look for a destination among those of its source alone; the workspace may have thousands.

    :param identity: of the destination.
    :return: all that match.
    :raises SegmentNotFoundError: there is no such source.
    """
    listed = yield from collect(destinations_listing(source_id=identity.source_id), options)
    return matching(listed, identity)


def matching(listed: list[Destination], identity: DestinationIdentity) -> list[Destination]:
    """Pick those with an identity.

    :param listed: destinations of its source.
    :param identity: of the destination.
    """
    return [
        found
        for found in listed
        if found["metadata"]["id"] == identity.metadata_id and (found.get("name") or "") == identity.name
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
    """Create a destination; where the answer is lost, look whether it was created before it is sent again.

    :param source_id: the source to connect it to, for life.
    :param metadata_id: the catalog id of its type, for life.
    :param name: display name; instances of one type on one source need distinct names.
    :param settings: by the keys of the catalog entry's options; may be empty.
    :param enabled: whether it receives data.
    :return: the destination, with the catalog's defaults filled in and secrets masked.
    :raises SegmentAmbiguousWriteError: answers were lost until the budget was spent.
    :raises SegmentSeveralMatchesError: there are several now.
    """
    spec = DestinationSpec(source_id=source_id, metadata_id=metadata_id, name=name, settings=settings, enabled=enabled)
    return (yield from create_from_spec(options.redacting(settings), spec, confirm=False))


def create_from_spec(options: CallOptions, spec: DestinationSpec, *, confirm: bool) -> Flow[Destination]:
    """Create a destination surely.

    :param spec: what it is to be.
    :param confirm: look afterwards in any case.
    :return: the destination.
    """
    return (
        yield from create_idempotently(
            options,
            spec.identity,
            create=lambda: post_destination(
                options,
                source_id=spec.source_id,
                metadata_id=spec.metadata_id,
                name=spec.name,
                settings=spec.settings,
                enabled=spec.enabled,
            ),
            find=lambda: find_destinations(options, spec.identity),
            confirm=confirm,
        )
    )


def ensure_destination(
    options: CallOptions, *, spec: DestinationSpec, if_exists: str, wait_for_pending: bool = False
) -> Flow[str]:
    """Create a destination unless it exists already.

    :param spec: what it is to be.
    :param if_exists: ``reuse``, ``update`` or ``fail``.
    :param wait_for_pending: before creating, keep looking for ``reconcile_timeout`` seconds, since an earlier try may
        have left a request in flight.
    :return: its id.
    """
    options = options.redacting(spec.settings)
    identity = spec.identity
    existing = yield from find_one(
        options, identity, lambda: find_destinations(options, identity), wait_for_pending=wait_for_pending
    )
    if existing is None:
        created = yield from create_from_spec(options, spec, confirm=True)
        yield Log(f"created {identity}: {created['id']}")
        return created["id"]
    diff = diff_destination(spec, existing, write_absent=True)
    if (yield from handle_existing(existing["id"], identity, diff, if_exists=if_exists)):
        yield from update_destination(options, id=existing["id"], **diff.changes)
    return existing["id"]


def resolve_and_update_destination(
    options: CallOptions,
    *,
    target: str | DestinationIdentity,
    new_name: str | None = None,
    enabled: bool | None = None,
    settings: dict[str, Any] | None = None,
) -> Flow[str]:
    """Change a destination, given by its id or its identity; exactly what is given is sent.

    :param target: id or identity. Where nothing has the name of an identity any more but ``new_name`` is taken, an
        earlier try did the renaming.
    :param new_name: new display name.
    :param enabled: whether it receives data.
    :param settings: the keys to set.
    :return: its id.
    :raises SegmentNotFoundError: there is none.
    """
    options = options.redacting(settings)
    destination_id = yield from resolve(partial(find_destinations, options), target, new_name=new_name)
    yield from update_destination(options, id=destination_id, name=new_name, enabled=enabled, settings=settings)
    yield Log(f"changed destination {destination_id}")
    return destination_id


def resolve_and_delete_destination(
    options: CallOptions, *, target: str | DestinationIdentity, if_missing: str
) -> Flow[str | None]:
    """Delete a destination, given by its id or its identity.

    :param target: id or identity.
    :param if_missing: ``ignore`` or ``fail``.
    :return: its id; ``None`` where nothing has the identity.
    :raises SegmentNotFoundError: there is none, with ``fail``.
    """
    return (
        yield from delete_resolved(
            partial(find_destinations, options),
            lambda destination_id: delete_destination(options, id=destination_id),
            target,
            if_missing=if_missing,
        )
    )
