"""Rules for finding and handling existing objects, shared by destinations, subscriptions and filters."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from msgspec.structs import replace

from airflow_provider_segment.protocol.api.objects import Destination, Filter, Subscription
from airflow_provider_segment.protocol.errors import (
    SegmentAlreadyExistsError,
    SegmentNotFoundError,
    SegmentSeveralMatchesError,
)
from airflow_provider_segment.protocol.flow.steps import Flow, Log, MaskSecrets
from airflow_provider_segment.protocol.phrases import listed
from airflow_provider_segment.protocol.provisioning.diff import Diff
from airflow_provider_segment.protocol.provisioning.identity import (
    DestinationIdentity,
    FilterIdentity,
    Identity,
    SubscriptionIdentity,
)

T = TypeVar("T", Destination, Subscription, Filter)
IdentityT = TypeVar("IdentityT", DestinationIdentity, SubscriptionIdentity, FilterIdentity)

_MAX_LABELS = 5


@dataclass(slots=True)
class Found:
    """The id of a resolved target; stored while a task waits for a rate limit.

    :param id: the id, once known.
    :param warned: whether the warnings about its description were logged.
    """

    id: str | None = None
    warned: bool = False


def with_created(listed: Sequence[T], ids: Sequence[str], get: Callable[[str], Flow[T]]) -> Flow[list[T]]:
    """Return the listed objects, and those that this task created before it waited, even if they are not listed yet.

    :param listed: the objects in the list.
    :param ids: ids of the created objects.
    :param get: reads an object by its id.
    """
    found = list(listed)
    for object_id in set(ids) - {one["id"] for one in listed}:
        try:
            found.append((yield from get(object_id)))
        except SegmentNotFoundError:
            yield Log(f"{object_id}, created by this task, no longer exists", logging.WARNING)
    return found


def one_or_none(matches: Sequence[T], identity: Identity | str) -> T | None:
    """Return the only match, or ``None`` if there is none.

    :param matches: all objects with an identity.
    :param identity: the object's identity, for the message.
    :raises SegmentSeveralMatchesError: there are several; choosing one would be a guess.
    """
    if len(matches) > 1:
        ids = tuple(match["id"] for match in matches)
        raise SegmentSeveralMatchesError(
            f"{len(matches)} objects match {identity}: {', '.join(ids)}; select one by its id, or delete or rename the"
            " others",
            ids=ids,
        )
    return matches[0] if matches else None


def first_few(labels: Sequence[str]) -> str:
    """Return the labels separated by commas; a long list ends with the number of labels left out.

    :param labels: the objects' labels.
    """
    return listed(labels, most=_MAX_LABELS)


def handle_existing(object_id: str, identity: Identity, diff: Diff, *, if_exists: str) -> Flow[bool]:
    """Apply ``if_exists`` to an existing object, and return whether to update it.

    :param object_id: its id.
    :param identity: the object's identity, for the messages.
    :param diff: how it differs from its description.
    :param if_exists: ``reuse``, ``update`` or ``fail``.
    :return: whether to update it.
    :raises SegmentAlreadyExistsError: ``if_exists`` is ``fail``.
    """
    if if_exists == "fail":
        raise SegmentAlreadyExistsError(
            f"{identity} already exists: {object_id}; an earlier try of this task may have created it",
            ids=(object_id,),
        )
    yield from mask_and_warn(identity, diff)
    if not diff.fields:
        limit = " as far as Segment shows" if diff.hidden or diff.unknown else ""
        yield Log(f"{identity} already exists and matches its description{limit}: {object_id}")
        return False
    names = ", ".join(diff.names)
    if if_exists == "update":
        yield Log(f"{identity} already exists: {object_id}; updating {names}")
        return True
    yield Log(
        f"{identity} already exists: {object_id}; it differs in {names} and is used unchanged; pass if_exists='update'"
        " to update it",
        logging.WARNING,
    )
    return False


def mask_and_warn(identity: Identity | str, diff: Diff) -> Flow[None]:
    """Mask the secret settings, and warn about settings that can't be compared or that the type does not have.

    :param identity: the object's identity, for the messages.
    :param diff: the diff that lists these settings.
    """
    if diff.secrets:
        yield MaskSecrets(diff.secrets)
    for key in diff.hidden:
        yield Log(
            f"{identity}: settings[{key!r}] can't be compared, because Segment shows too little of the secret; pass"
            " rotate_secrets=True to write it",
            logging.WARNING,
        )
    for key, hint in diff.unknown.items():
        yield Log(
            f"{identity}: its type has no setting {key!r}, and Segment returns no such setting; {hint}", logging.WARNING
        )


def resolve(
    find: Callable[[IdentityT], Flow[list[T]]],
    target: str | IdentityT,
    *,
    new_name: str | None = None,
    is_retry: bool = False,
) -> Flow[str]:
    """Return the id of a target, looking it up if the target is an identity.

    :param find: lists all objects with an identity.
    :param target: id or identity.
    :param new_name: the new name of the object.
    :param is_retry: whether an earlier try of the same task may have renamed it, so that an object with the new name is
        the target; otherwise such an object is a different one.
    :raises SegmentNotFoundError: no object has the identity.
    """
    if isinstance(target, str):
        return target
    match = one_or_none((yield from find(target)), target)
    if match is not None:
        return match["id"]
    if new_name is not None:
        renamed = one_or_none((yield from find(replace(target, name=new_name))), replace(target, name=new_name))
        if renamed is not None and is_retry:
            return renamed["id"]
        if renamed is not None:
            raise SegmentNotFoundError(
                f"there is no {target}, but {renamed['id']} already has the new name {new_name!r}; if that is the"
                " renamed object, remove this task or pass the id",
                status=404,
            )
    raise SegmentNotFoundError(f"there is no {target}", status=404)


def delete_resolved(
    find: Callable[[IdentityT], Flow[list[T]]],
    delete: Callable[[str], Flow[None]],
    target: str | IdentityT,
    *,
    if_missing: str,
    parent_may_be_missing: bool,
    found: Found | None = None,
) -> Flow[str | None]:
    """Delete an object, looking up its id if the target is an identity.

    :param find: lists all objects with an identity.
    :param delete: deletes by id.
    :param target: id or identity.
    :param if_missing: ``ignore`` or ``fail``.
    :param parent_may_be_missing: whether a 404 for the object it belongs to means that it was deleted too; if a source
        is missing, a wrong id is more likely.
    :param found: the id, if the task has resolved it before; set by this call.
    :return: its id; ``None`` if no object has the identity.
    :raises SegmentNotFoundError: it does not exist and ``if_missing`` is ``fail``, or its parent does not exist.
    """
    found = found or Found()
    object_id = found.id = target if isinstance(target, str) else found.id
    try:
        if object_id is None:
            object_id = found.id = yield from resolve(find, target)
        yield from delete(object_id)
    except SegmentNotFoundError as error:
        is_parent = object_id is None and bool(error.path)
        if if_missing == "fail" or (is_parent and not parent_may_be_missing):
            raise
        yield Log(f"nothing to delete: {error}")
    else:
        yield Log(f"deleted {object_id}" if isinstance(target, str) else f"deleted {target}: {object_id}")
    return object_id
