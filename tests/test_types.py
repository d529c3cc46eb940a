"""The public types: where users import them, and what that costs."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import get_args

import pytest

from airflow_provider_segment import types
from airflow_provider_segment.hooks.calls import SegmentCalls

IMPORT_TYPES = "import json, sys, airflow_provider_segment.types; print(json.dumps(sorted(sys.modules)))"
HEAVY = {"airflow", "aiohttp", "http", "pendulum", "requests", "socket", "ssl", "urllib3"}


def test_importing_the_types_loads_neither_airflow_nor_an_http_library() -> None:
    loaded = json.loads(subprocess.check_output([sys.executable, "-c", IMPORT_TYPES], text=True))

    assert "airflow_provider_segment.types" in loaded
    assert HEAVY & {module.partition(".")[0] for module in loaded} == set()


@pytest.mark.parametrize("name", sorted(set(types.__all__) - {"ObjectResult"}))
def test_every_type_is_a_dict_with_known_keys(name: str) -> None:
    typed_dict = getattr(types, name)

    assert issubclass(typed_dict, dict)
    assert typed_dict.__annotations__


def test_the_results_of_objects_are_those_of_the_summaries() -> None:
    assert set(get_args(types.ObjectResult)) == {
        *("created", "changed", "kept", "removed"),
        *("would create", "would change", "would remove"),
    }


def test_every_type_that_a_method_of_the_hooks_returns_is_public() -> None:
    methods = [value for name, value in vars(SegmentCalls).items() if not name.startswith("_")]
    returned = {
        str(method.__get__(None, SegmentCalls).__annotations__["return"]).removeprefix("Iterator[").removesuffix("]")
        for method in methods
    }

    assert {"Destination", "DeliveryMetrics", "Workspace"} <= returned
    assert returned - set(types.__all__) - {"None"} == set()
