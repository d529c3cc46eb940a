"""The OpenAPI description that the sandbox serves; ``make conformance`` tests the sandbox against it."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_segment.sandbox.api.operations import OPERATIONS
from airflow_provider_segment.sandbox.testing import SegmentSandbox
from tests.sandbox.client import Client


@pytest.fixture
def description(segment: Client, segment_sandbox: SegmentSandbox) -> dict[str, Any]:
    segment_sandbox.seed("demo")
    found: dict[str, Any] = segment.send("GET", "/_sandbox/openapi.json", headers={"Authorization": None}).json()
    return found


def operations(description: dict[str, Any]) -> dict[str, tuple[str, str, dict[str, Any]]]:
    return {
        operation["operationId"]: (method.upper(), path, operation)
        for path, methods in description["paths"].items()
        for method, operation in methods.items()
    }


def test_it_describes_every_operation(description: dict[str, Any]) -> None:
    described = {name: (method, path) for name, (method, path, _) in operations(description).items()}

    assert described == {one.name: (one.method, one.path) for one in OPERATIONS}


def test_its_examples_are_ids_that_exist_and_belong_together(segment: Client, description: dict[str, Any]) -> None:
    for method, path, operation in operations(description).values():
        if method != "GET":
            continue
        query = {}
        for parameter in operation["parameters"]:
            if parameter["in"] == "path":
                path = path.replace(f"{{{parameter['name']}}}", parameter["example"])
            elif parameter.get("required"):
                query[parameter["name"]] = parameter["schema"]["examples"][0]
        assert segment.send("GET", path, params=query).status_code == 200


def test_bodies_are_those_that_the_sandbox_validates(segment: Client, description: dict[str, Any]) -> None:
    for method, path, operation in operations(description).values():
        if "requestBody" not in operation:
            continue
        for parameter in operation["parameters"]:
            path = path.replace(f"{{{parameter['name']}}}", parameter["example"])
        schema = operation["requestBody"]["content"]["application/json"]["schema"]
        sent = {"unknown": 1}

        fields = segment.errors(method, path, sent)[1] if schema["required"] else []

        assert fields == schema["required"]


def test_every_success_has_the_rate_limit_headers_and_nothing_but_data(description: dict[str, Any]) -> None:
    for _, _, operation in operations(description).values():
        success = operation["responses"]["200"]
        assert all(header["required"] for header in success["headers"].values())
        for content in success["content"].values():
            assert list(content["schema"]["properties"]) == ["data"]
            assert content["schema"]["additionalProperties"] is False
