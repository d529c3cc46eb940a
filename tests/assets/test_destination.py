"""The URI of a destination's asset."""

from __future__ import annotations

import re
import warnings
from importlib import import_module
from typing import Any
from urllib.parse import urlsplit

import pytest
from airflow.providers.common.compat.sdk import Asset

from airflow_provider_segment import get_provider_info
from airflow_provider_segment.assets.destination import (
    convert_asset_to_openlineage,
    destination_asset_uri,
    sanitize_uri,
)


@pytest.mark.parametrize(
    ("destination_id", "source_id", "uri"),
    [
        ("5GFhvtz8fha42", "qQEHquLrjRDN9", "segment://destinations/5GFhvtz8fha42?source=qQEHquLrjRDN9"),
        ("a/b c?d", "e&f=g", "segment://destinations/a%2Fb%20c%3Fd?source=e%26f%3Dg"),
    ],
)
def test_airflow_does_not_change_a_uri_we_made(destination_id: str, source_id: str, uri: str) -> None:
    assert destination_asset_uri(destination_id=destination_id, source_id=source_id) == uri
    assert Asset(uri=uri).uri == uri
    dataset = convert_asset_to_openlineage(Asset(uri=uri), None)
    assert (dataset.namespace, dataset.name) == ("segment", f"destinations/{destination_id}")


@pytest.mark.parametrize(
    "uri",
    [
        "SEGMENT://destinations/d?source=s",
        "segment://destinations/%64/?source=%73",
        "segment://destinations/d?source=s#f",
    ],
)
def test_other_encodings_are_the_same_asset(uri: str) -> None:
    assert Asset(uri=uri).uri == "segment://destinations/d?source=s"


@pytest.mark.parametrize(
    ("uri", "reason"),
    [
        ("segment://sources/s", "has 'sources' instead of 'destinations'"),
        ("segment://destinations:80/d?source=s", "has 'destinations:80' instead of 'destinations'"),
        ("segment://destinations?source=s", "must contain exactly one destination id"),
        ("segment://destinations/d/e?source=s", "must contain exactly one destination id"),
        ("segment://destinations/d", "needs the destination's source as its only query parameter"),
        ("segment://destinations/d?source=", "needs the destination's source as its only query parameter"),
        (
            "segment://destinations/d?source=s&window=60",
            "needs the destination's source as its only query parameter",
        ),
        (
            "segment://destinations/d?source=s&source=t",
            "needs the destination's source as its only query parameter",
        ),
        ("segment://destinations/%2E%2E?source=s", "destination_id is '..'"),
    ],
)
def test_an_invalid_uri_raises(uri: str, reason: str) -> None:
    with pytest.raises(ValueError, match=re.escape(reason)):
        sanitize_uri(urlsplit(uri))


def test_airflow_checks_the_uri(recwarn: pytest.WarningsRecorder) -> None:
    """Airflow 3 raises; 2.11 warns, unless it is set to be strict."""
    warnings.simplefilter("error")
    with pytest.raises((ValueError, UserWarning), match="must contain exactly one destination id"):
        Asset(uri="segment://destinations?source=s")


def test_the_provider_info_names_existing_functions() -> None:
    info: dict[str, Any] = get_provider_info()
    assert info["asset-uris"] == info["dataset-uris"]
    (entry,) = info["asset-uris"]
    assert entry["schemes"] == ["segment"]
    for key in ("handler", "to_openlineage_converter"):
        module, _, name = entry[key].rpartition(".")
        assert callable(getattr(import_module(module), name))
