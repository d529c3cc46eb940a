"""Creating, changing and deleting a destination by what describes it."""

from __future__ import annotations

from functools import partial
from typing import Any

from airflow_provider_segment.protocol.api.destinations import (
    create_destination,
    delete_destination,
    destinations_listing,
    update_destination,
)
from airflow_provider_segment.protocol.api.objects import Destination
from airflow_provider_segment.protocol.flow.pages import collect
from airflow_provider_segment.protocol.flow.steps import Flow, Log, Terms
from airflow_provider_segment.protocol.provisioning.differences import compare_settings
from airflow_provider_segment.protocol.provisioning.existing import decide_on_existing, only_match, remove, resolve
from airflow_provider_segment.protocol.provisioning.identity import DestinationIdentity


def find_destination(terms: Terms, identity: DestinationIdentity) -> Flow[Destination | None]:
    """Look for a destination among those of its source alone; the workspace may have thousands.

    :param identity: of the destination.
    :return: the destination, or ``None`` where there is none.
    :raises SegmentSeveralMatchesError: there are several.
    :raises SegmentNotFoundError: there is no such source.
    """
    listed = yield from collect(destinations_listing(source_id=identity.source_id), terms)
    matches = [
        found
        for found in listed
        if found["metadata"]["id"] == identity.metadata_id and (found.get("name") or "") == identity.name
    ]
    return only_match(matches, identity)


def provide_destination(
    terms: Terms, *, identity: DestinationIdentity, settings: dict[str, Any], enabled: bool, if_exists: str
) -> Flow[str]:
    """Create a destination unless it exists already.

    :param identity: of the destination.
    :param settings: by the keys of the catalog entry's options.
    :param enabled: whether it receives data.
    :param if_exists: ``reuse``, ``update`` or ``fail``.
    :return: its id.
    """
    existing = yield from find_destination(terms, identity)
    if existing is None:
        created = yield from create_destination(
            terms,
            source_id=identity.source_id,
            metadata_id=identity.metadata_id,
            name=identity.name,
            settings=settings,
            enabled=enabled,
        )
        yield Log(f"created {identity}: {created['id']}")
        return created["id"]
    difference = compare_settings(settings, existing["settings"])
    differs = {
        "enabled": existing["enabled"] != enabled,
        **{f"settings[{key!r}]": True for key in difference.changed},
    }
    change = yield from decide_on_existing(
        existing["id"],
        identity,
        differing=[field for field, differs_there in differs.items() if differs_there],
        if_exists=if_exists,
        hidden=difference.hidden,
    )
    if change:
        yield from update_destination(
            terms,
            id=existing["id"],
            enabled=enabled if differs["enabled"] else None,
            # All keys that were given: nobody knows whether Segment merges settings or replaces them.
            settings=settings if difference.changed else None,
        )
    return existing["id"]


def change_destination(
    terms: Terms,
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
    destination_id = yield from resolve(partial(find_destination, terms), target, new_name=new_name)
    yield from update_destination(terms, id=destination_id, name=new_name, enabled=enabled, settings=settings)
    yield Log(f"changed destination {destination_id}")
    return destination_id


def remove_destination(terms: Terms, *, target: str | DestinationIdentity, if_missing: str) -> Flow[str | None]:
    """Delete a destination, given by its id or its identity.

    :param target: id or identity.
    :param if_missing: ``ignore`` or ``fail``.
    :return: its id; ``None`` where nothing has the identity.
    :raises SegmentNotFoundError: there is none, with ``fail``.
    """
    return (
        yield from remove(
            partial(find_destination, terms),
            lambda destination_id: delete_destination(terms, id=destination_id),
            target,
            if_missing=if_missing,
        )
    )
