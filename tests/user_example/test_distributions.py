"""The published distributions: a wheel with the package alone, and an sdist to build it from."""

from __future__ import annotations

import tarfile
import zipfile
from pathlib import Path

import pytest
from packaging.metadata import Metadata
from packaging.requirements import Requirement

from airflow_provider_segment import __version__
from tests.user_example.users_machine import ROOT, built


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built(tmp_path_factory.mktemp("built"))


@pytest.fixture
def wheel(dist: Path) -> zipfile.ZipFile:
    (file,) = dist.glob("*.whl")
    return zipfile.ZipFile(file)


@pytest.fixture
def metadata(wheel: zipfile.ZipFile) -> Metadata:
    (name,) = (name for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
    return Metadata.from_email(wheel.read(name), validate=True)


def test_the_wheel_holds_the_whole_package_and_nothing_else(wheel: zipfile.ZipFile) -> None:
    package = {str(file.relative_to(ROOT)) for file in (ROOT / "airflow_provider_segment").rglob("*.*")}
    expected = {name for name in package if "__pycache__" not in name}
    found = {name for name in wheel.namelist() if ".dist-info/" not in name}

    assert found == expected
    assert "airflow_provider_segment/py.typed" in found


def test_the_sdist_holds_what_the_wheel_is_made_of(dist: Path) -> None:
    (file,) = dist.glob("*.tar.gz")
    with tarfile.open(file) as sdist:
        names = {name.split("/", 1)[1] for name in sdist.getnames()}

    assert {"pyproject.toml", "README.md", "LICENSE", "CHANGELOG.md", "airflow_provider_segment/__init__.py"} <= names
    assert not [name for name in names if name.startswith((".venv", "constraints", "dev/"))]


def test_the_metadata_has_what_provider_registries_read(metadata: Metadata) -> None:
    assert (metadata.name, str(metadata.version)) == ("airflow-provider-segment", __version__)
    assert metadata.summary
    assert metadata.description
    assert metadata.description_content_type == "text/markdown"
    assert metadata.license_expression == "Apache-2.0"
    assert "Framework :: Apache Airflow :: Provider" in (metadata.classifiers or [])
    assert str(metadata.requires_python) == ">=3.11"


def test_only_what_the_provider_needs_is_a_dependency(metadata: Metadata) -> None:
    required = {Requirement(str(found)).name for found in metadata.requires_dist or [] if not found.marker}

    assert required == {
        "aiohttp",
        "apache-airflow",
        "apache-airflow-providers-common-compat",
        "certifi",
        "msgspec",
        "multidict",
        "pendulum",
        "pyyaml",
        "requests",
        "urllib3",
        "yarl",
    }
    assert {"sandbox", "openlineage"} <= set(metadata.provides_extra or [])
