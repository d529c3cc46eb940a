from __future__ import annotations

import json

import pytest

from tests.sandbox.client import ANALYTICS, TRACK, WEB, Client

V1, BETA, ALPHA = (f"application/vnd.segment.{version}+json" for version in ("v1", "v1beta", "v1alpha"))
STABLE_WORD, BETA_WORD, ALPHA_WORD = (f"application/vnd.segment.{word}+json" for word in ("stable", "beta", "alpha"))
PLAIN = "application/json"


@pytest.fixture
def paths(segment: Client) -> dict[str, str]:
    """Return a path that can be read for each stage."""
    destination = segment.create_destination()["id"]
    return {
        "v1": f"/destinations/{destination}",
        "beta": f"/destinations/{destination}/delivery-metrics?sourceId={WEB}",
        "alpha": f"/destinations/{destination}/subscriptions",
    }


@pytest.mark.parametrize(
    ("stage", "accepted"),
    [
        ("v1", [V1, BETA, ALPHA, STABLE_WORD, BETA_WORD, ALPHA_WORD, PLAIN]),
        ("beta", [BETA, ALPHA, BETA_WORD, ALPHA_WORD, PLAIN]),
        ("alpha", [ALPHA, ALPHA_WORD, PLAIN]),
    ],
)
def test_each_stage_supports_its_versions_and_plain_json(
    segment: Client, paths: dict[str, str], stage: str, accepted: list[str]
) -> None:
    for media_type in (V1, BETA, ALPHA, STABLE_WORD, BETA_WORD, ALPHA_WORD, PLAIN):
        response = segment.send("GET", paths[stage], headers={"Accept": media_type})
        if media_type in accepted:
            assert (response.status_code, response.headers["Content-Type"]) == (200, media_type)
        else:
            assert (response.status_code, response.headers["Content-Type"]) == (406, PLAIN)


@pytest.mark.parametrize("accept", ["*/*", "application/*", "", "text/html, */*;q=0.1"])
@pytest.mark.parametrize(("stage", "media_type"), [("v1", V1), ("beta", BETA), ("alpha", ALPHA)])
def test_accepting_any_type_returns_the_most_stable_version(
    segment: Client, paths: dict[str, str], accept: str, stage: str, media_type: str
) -> None:
    assert segment.send("GET", paths[stage], headers={"Accept": accept}).headers["Content-Type"] == media_type


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        (f"{PLAIN};q=0.5, {ALPHA}", ALPHA),
        (f"{PLAIN}, {ALPHA};q=0.5", PLAIN),
        (f"{V1}, {ALPHA}, {PLAIN}", ALPHA),
        (f"{PLAIN};q=0, {ALPHA};q=0.1", ALPHA),
        (f"{PLAIN}; charset=utf-8", PLAIN),
        ("Application/JSON", PLAIN),
    ],
)
def test_quality_values_decide_the_media_type(
    segment: Client, paths: dict[str, str], accept: str, media_type: str
) -> None:
    assert segment.send("GET", paths["alpha"], headers={"Accept": accept}).headers["Content-Type"] == media_type


@pytest.mark.parametrize(
    "accept", ["text/html", "application/vnd.segment.v2+json", "application/vnd.segment.v1+xml", f"{PLAIN};q=0"]
)
def test_accepting_no_known_type_returns_406(segment: Client, accept: str) -> None:
    assert segment.errors("GET", "/", headers={"Accept": accept})[0] == 406


def test_errors_are_plain_json_whatever_is_accepted(segment: Client) -> None:
    assert segment.errors("GET", "/destinations/none/subscriptions", headers={"Accept": ALPHA})[0] == 404


@pytest.mark.parametrize("content_type", [PLAIN, f"{PLAIN}; charset=utf-8", V1, BETA, ALPHA, STABLE_WORD, None])
def test_stable_operations_accept_bodies_of_every_version(segment: Client, content_type: str | None) -> None:
    body = json.dumps({"sourceId": WEB, "metadataId": ANALYTICS, "settings": {}}).encode()

    response = segment.send("POST", "/destinations", data=body, headers={"Content-Type": content_type})

    assert response.status_code == 200


@pytest.mark.parametrize(
    ("content_type", "status"),
    [(PLAIN, 200), (ALPHA, 200), (ALPHA_WORD, 200), (V1, 415), (BETA, 415), ("text/plain", 415)],
)
def test_alpha_operations_accept_alpha_and_plain_json_bodies(
    segment: Client, paths: dict[str, str], content_type: str, status: int
) -> None:
    body = json.dumps({"name": "x", "actionId": TRACK, "trigger": "all", "enabled": True}).encode()

    response = segment.send("POST", paths["alpha"], data=body, headers={"Content-Type": content_type})

    assert response.status_code == status


def test_content_type_is_ignored_without_a_body(segment: Client, paths: dict[str, str]) -> None:
    response = segment.send("DELETE", paths["v1"], headers={"Content-Length": "0", "Content-Type": "text/plain"})

    assert response.status_code == 200
