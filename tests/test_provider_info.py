"""What Airflow reads about the provider, checked with Airflow's own schema and provider manager."""

from __future__ import annotations

import importlib
import json
from importlib.resources import files
from typing import Any

import jsonschema
import pytest

from airflow_provider_segment import __version__, get_provider_info
from airflow_provider_segment.hooks import connection_form
from airflow_provider_segment.hooks.segment import SegmentPublicApiHook


def modules(info: dict[str, Any]) -> list[str]:
    groups = [group for key in ("operators", "sensors", "hooks") for group in info[key]]
    return [module for group in groups for module in group["python-modules"]]


def test_it_follows_the_schema() -> None:
    schema = json.loads(files("airflow").joinpath("provider_info.schema.json").read_text())
    jsonschema.validate(get_provider_info(), schema)


def test_what_airflow_writes_into_it_is_not_ours() -> None:
    get_provider_info()["operators"].clear()
    assert get_provider_info()["operators"]


def test_every_module_it_names_exists() -> None:
    named = modules(get_provider_info())
    assert {importlib.import_module(name).__name__ for name in named} == set(named)
    assert f"{SegmentPublicApiHook.__module__}.{SegmentPublicApiHook.__qualname__}" == connection_form.HOOK_CLASS


def test_every_notifier_it_names_exists() -> None:
    from airflow.providers.common.compat.sdk import BaseNotifier

    for path in get_provider_info()["notifications"]:
        module, name = path.rsplit(".", 1)
        assert issubclass(getattr(importlib.import_module(module), name), BaseNotifier)


def test_airflow_finds_the_provider_and_its_connection_type() -> None:
    from airflow.providers_manager import ProvidersManager

    manager: Any = ProvidersManager()  # type: ignore[no-untyped-call]
    provider = manager.providers["airflow-provider-segment"]
    assert provider.version == __version__
    hook = manager.hooks[connection_form.CONN_TYPE]
    assert hook is not None
    assert hook.hook_name == connection_form.HOOK_NAME
    assert hook.connection_id_attribute_name == "segment_conn_id"


def test_both_forms_say_the_same() -> None:
    (info,) = get_provider_info()["connection-types"]
    assert info["hook-name"] == SegmentPublicApiHook.hook_name
    assert info["connection-type"] == SegmentPublicApiHook.conn_type
    standard = {key.replace("-", "_"): value for key, value in info["ui-field-behaviour"].items()}
    assert standard == SegmentPublicApiHook.get_ui_field_behaviour()
    assert {"region", "timeout", "retry_budget", "rate_limit_budget", "reconcile_timeout", "verify", "proxies"} == set(
        info["conn-fields"]
    )


def test_the_form_of_airflow_2_has_the_same_fields() -> None:
    pytest.importorskip("flask_appbuilder", reason="the form of Airflow 2.11; Airflow 3 reads the provider info")
    from werkzeug.datastructures import MultiDict
    from wtforms import Form

    form = type("AForm", (Form,), SegmentPublicApiHook.get_connection_form_widgets())()
    labels = {field.name: (field.label.text, field.description) for field in form}
    assert labels == {name: (spec["label"], spec["description"]) for name, spec in connection_form.EXTRA_FIELDS.items()}
    assert form["region"].default == "us"
    filled = type(form)(MultiDict({"region": "asia"}))
    assert not filled.validate()
    assert set(filled.errors) == {"region"}
