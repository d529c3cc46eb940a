"""A SecretRef is validated at once, immutable, shown as a reference, and ignored by Airflow."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys
from typing import Any

import pytest

from airflow_provider_segment.secrets import SecretRef


def test_the_field_defaults_to_password_and_the_repr_shows_it() -> None:
    reference = SecretRef("analytics")
    assert (reference.conn_id, reference.field) == ("analytics", "password")
    assert repr(reference) == str(reference) == "SecretRef(conn_id='analytics', field='password')"


@pytest.mark.parametrize("field", ["password", "login", "host", "schema", "extra.api_key", "extra.a.b", "extra.extra."])
def test_a_valid_field_is_accepted(field: str) -> None:
    assert SecretRef(conn_id="analytics", field=field).field == field


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"conn_id": ""}, "conn_id is empty"),
        ({"conn_id": " "}, "conn_id is empty"),
        ({"conn_id": None}, "conn_id is of type NoneType; it must be the id of an Airflow connection"),
        ({"conn_id": "{{ params.conn }}"}, "conn_id is '{{ params.conn }}', but conn_id is not templated"),
        ({"conn_id": "{% if x %}a{% endif %}"}, "conn_id is .* not templated"),
        ({"conn_id": "a", "field": ""}, "field is empty"),
        ({"conn_id": "a", "field": None}, "field is of type NoneType"),
        ({"conn_id": "a", "field": "extra.{{ x }}"}, "field is .* not templated"),
        ({"conn_id": "a", "field": "passwd"}, r"field is 'passwd'; it must be one of 'password', .* 'extra.<key>'"),
        ({"conn_id": "a", "field": "port"}, "field is 'port'"),
        ({"conn_id": "a", "field": "extra"}, "field is 'extra'"),
        ({"conn_id": "a", "field": "extra."}, "field is 'extra.'"),
    ],
)
def test_invalid_arguments_are_rejected(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        SecretRef(**arguments)


def test_it_is_immutable() -> None:
    reference: Any = SecretRef("analytics")
    for attribute in ("conn_id", "field", "other"):
        with pytest.raises(AttributeError):
            setattr(reference, attribute, "x")


def test_references_to_the_same_field_are_equal() -> None:
    assert SecretRef("a") == SecretRef("a", "password")
    assert SecretRef("a") != SecretRef("a", "login")
    assert SecretRef("a") != "SecretRef(conn_id='a', field='password')"
    assert len({SecretRef("a"), SecretRef("a"), SecretRef("b")}) == 2


def pickled(value: Any) -> Any:
    return pickle.loads(pickle.dumps(value))


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, pickled])
def test_copies_are_equal(copied: Any) -> None:
    settings = {"apiKey": [SecretRef("a", "extra.k")]}
    assert copied(settings) == settings


def test_it_has_no_method_that_airflow_would_call() -> None:
    called = {"resolve", "serialize", "to_dict", "template_fields", "__call__", "__iter__", "__fspath__", "__dict__"}
    assert not called & set(dir(SecretRef("a")))


def test_importing_it_imports_neither_airflow_nor_a_network_library() -> None:
    code = (
        "import sys, airflow_provider_segment.secrets;"
        "print([m for m in sys.modules if m.split('.')[0] in ('airflow', 'requests', 'aiohttp', 'msgspec', 'http')])"
    )
    assert subprocess.check_output([sys.executable, "-c", code], text=True).strip() == "[]"
