from __future__ import annotations

import pytest

from airflow_provider_segment.sandbox.testing import SegmentSandbox
from tests.sandbox.client import ANALYTICS, CLASSIC, IDENTIFY, TRACK, WEB, Client


def test_get_workspace_returns_id_slug_and_name(segment: Client) -> None:
    workspace = segment.data("GET", "/")["workspace"]

    assert workspace == {"id": "sandbox-workspace", "slug": "sandbox", "name": "Sandbox"}


def test_list_and_get_sources(segment: Client) -> None:
    data = segment.data("GET", "/sources")

    assert [source["id"] for source in data["sources"]] == [WEB, "sandbox-shop"]
    assert data["pagination"]["totalEntries"] == 2
    assert segment.data("GET", f"/sources/{WEB}") == {"source": data["sources"][0], "trackingPlanId": None}
    assert data["sources"][0].keys() >= {"id", "slug", "metadata", "workspaceId", "enabled", "writeKeys", "labels"}
    assert data["sources"][0]["workspaceId"] == "sandbox-workspace"


def test_connected_destinations_belong_to_the_source(segment: Client, segment_sandbox: SegmentSandbox) -> None:
    segment_sandbox.seed({"sources": [{"id": "one"}, {"id": "two"}]})
    first = segment.create_destination(sourceId="one")
    second = segment.create_destination(sourceId="two")

    assert segment.data("GET", "/sources/one/connected-destinations")["destinations"] == [first]
    assert segment.data("GET", "/sources/two/connected-destinations")["destinations"] == [second]


def test_list_and_get_catalog_entries(segment: Client) -> None:
    data = segment.data("GET", "/catalog/destinations")

    assert [entry["id"] for entry in data["destinationsCatalog"]] == [ANALYTICS, CLASSIC, "sandbox-engage"]
    for entry in data["destinationsCatalog"]:
        assert segment.data("GET", f"/catalog/destinations/{entry['id']}") == {"destinationMetadata": entry}


def test_the_demo_catalog_has_a_modern_and_a_classic_entry(segment: Client) -> None:
    analytics = segment.data("GET", f"/catalog/destinations/{ANALYTICS}")["destinationMetadata"]
    classic = segment.data("GET", f"/catalog/destinations/{CLASSIC}")["destinationMetadata"]

    options = {option["name"]: option for option in analytics["options"]}
    assert (options["apiKey"]["type"], options["apiKey"]["required"]) == ("string", True)
    assert options["trackAllPages"]["type"] == "boolean"
    assert [action["id"] for action in analytics["actions"]] == [TRACK, IDENTIFY]
    assert classic["actions"] == []
    assert "secretOptions" not in analytics


@pytest.mark.parametrize(
    "path",
    [
        "/sources/none",
        "/sources/none/connected-destinations",
        "/catalog/destinations/none",
        "/destinations/none",
        "/destinations/none/subscriptions",
        "/destinations/none/delivery-metrics",
        "/nowhere",
        "/destination/none/filters",
    ],
)
def test_unknown_objects_and_paths_return_404(segment: Client, path: str) -> None:
    assert segment.errors("GET", path)[0] == 404


@pytest.mark.parametrize("path", ["/sources", f"/sources/{WEB}", "/catalog/destinations", "/destinations"])
def test_a_trailing_slash_makes_no_difference(segment: Client, path: str) -> None:
    assert segment.data("GET", path + "/") == segment.data("GET", path)


def test_head_returns_the_headers_of_get(segment: Client) -> None:
    response = segment.send("HEAD", "/sources")

    assert (response.status_code, response.content) == (200, b"")
    assert response.headers["Content-Length"] == str(len(segment.send("GET", "/sources").content))


@pytest.mark.parametrize("method", ["PUT", "POST", "DELETE", "OPTIONS"])
def test_other_methods_return_404(segment: Client, method: str) -> None:
    assert segment.errors(method, "/sources")[0] == 404
