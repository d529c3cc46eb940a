"""Which object a slug or an id selects."""

from __future__ import annotations

import pytest

from airflow_provider_segment.protocol.provisioning.slugs import Slugged, resolve_slug, short_reference

WEB = Slugged("id-1", "my-website")
APP = Slugged("id-2", "my-app")
UNNAMED = Slugged("id-3")
TWIN = Slugged("id-4", "my-app")
ODD = Slugged("my-website", "odd")
OWN = Slugged("own", "own")


@pytest.mark.parametrize(
    ("value", "found"), [("my-website", "id-1"), ("id-2", "id-2"), ("id-3", "id-3"), ("own", "own")]
)
def test_a_slug_or_an_id_selects(value: str, found: str) -> None:
    assert resolve_slug("source", value, [WEB, APP, UNNAMED, OWN]) == found


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("my-websit", "there is no source with the slug or id 'my-websit'; did you mean 'my-website'?"),
        ("zzz", "there is no source with the slug or id 'zzz'; known: id-3, my-app, my-website, odd"),
        ("My-App", "there is no source with the slug or id 'My-App'; did you mean 'my-app'?"),
        ("my-app", "source 'my-app' is ambiguous: several sources have this slug; use one of their ids: id-2, id-4"),
        (
            "my-website",
            "source 'my-website' is ambiguous: it is the slug of the source with the id id-1 and the id of a different"
            " source; select the first by its id, or the second by its slug",
        ),
    ],
)
def test_anything_else_is_an_error_with_candidates(value: str, message: str) -> None:
    with pytest.raises(ValueError, match="source") as raised:
        resolve_slug("source", value, [WEB, APP, UNNAMED, TWIN, ODD])
    assert str(raised.value).startswith(message)


def test_a_slug_is_unknown_where_there_are_no_objects() -> None:
    with pytest.raises(ValueError, match="there are none"):
        resolve_slug("action", "x", [])


def test_a_reference_is_the_slug_only_if_it_selects_the_object() -> None:
    objects = [WEB, APP, UNNAMED, TWIN, ODD, OWN]

    references = [short_reference(one, objects) for one in objects]

    assert references == ["id-1", "id-2", "id-3", "id-4", "odd", "own"]
    assert short_reference(WEB, [WEB, APP]) == "my-website"
