"""Resolution of slugs and ids: which object a ``source``, ``destination_type`` or ``action`` refers to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

from airflow_provider_segment.protocol.phrases import MAX_CANDIDATES, listed


@dataclass(frozen=True, slots=True)
class Slugged:
    """An object with an id and a slug.

    :param id: its id.
    :param slug: its slug; ``None`` or empty if it has none.
    """

    id: str
    slug: str | None = None


def resolve_slug(what: str, value: str, objects: Iterable[Slugged]) -> str:
    """Return the id of the object whose slug or id is ``value``.

    :param what: kind of the object, such as ``source``, for messages.
    :param value: slug or id.
    :param objects: all objects of this kind.
    :raises ValueError: nothing matches, several objects have this slug, or it is the slug of one object and the id of
        another. The message names the candidates.
    """
    known = list(objects)
    by_slug = sorted({one.id for one in known if one.slug and one.slug == value})
    by_id = any(one.id == value for one in known)
    if len(by_slug) > 1:
        raise ValueError(
            f"{what} {value!r} is ambiguous: several {what}s have this slug; use one of their ids: {', '.join(by_slug)}"
        )
    if by_slug and by_id and by_slug != [value]:
        raise ValueError(
            f"{what} {value!r} is ambiguous: it is the slug of the {what} with the id {by_slug[0]} and the id of a"
            f" different {what}; select the first by its id, or the second by its slug"
        )
    if by_slug:
        return by_slug[0]
    if by_id:
        return value
    raise ValueError(f"there is no {what} with the slug or id {value!r}{_candidates(value, known)}")


def find_slug(what: str, value: str, objects: Iterable[Slugged]) -> str | None:
    """Return the id of the object that a value selects, or ``None`` if nothing matches.

    :param what: kind of the object, for messages.
    :param value: slug or id.
    :param objects: some objects of the kind.
    :raises ValueError: several match.
    """
    known = list(objects)
    if not any(value in (one.id, one.slug) for one in known):
        return None
    return resolve_slug(what, value, known)


def short_reference(one: Slugged, objects: Iterable[Slugged]) -> str:
    """Return the slug of an object, or its id if it has no slug or the slug also matches another object.

    :param one: the object.
    :param objects: all objects of this kind.
    """
    if not one.slug or not one.slug.strip():
        return one.id
    same = {other.id for other in objects if one.slug in (other.slug, other.id)}
    return one.slug if same <= {one.id} else one.id


def _candidates(value: str, known: list[Slugged]) -> str:
    names = sorted({one.slug or one.id for one in known})
    if not names:
        return "; there are none"
    near = get_close_matches(value, {*names, *(one.id for one in known)}, n=3)
    if near:
        return f"; did you mean {' or '.join(map(repr, near))}?"
    return f"; known: {listed(names, most=MAX_CANDIDATES)}"
