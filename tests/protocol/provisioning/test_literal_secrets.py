"""Which settings are literal passwords, for declarations as Segment returns them and for incomplete ones."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_segment.protocol.api.objects import CatalogActionField
from airflow_provider_segment.protocol.provisioning.literal_secrets import literal_passwords
from airflow_provider_segment.protocol.secret_str import SecretStr


@pytest.mark.parametrize(
    ("declared", "found"),
    [
        ({"name": "key", "type": "password"}, ["key"]),
        ({"fieldKey": "key", "type": "PASSWORD"}, ["key"]),
        ({"fieldKey": "key", "type": "STRING"}, []),
        ({"fieldKey": "key", "type": None}, []),
        ({"fieldKey": "key"}, []),
        ({"type": "PASSWORD"}, []),
    ],
)
def test_options_and_fields_are_read_by_one_rule(declared: Any, found: list[str]) -> None:
    assert literal_passwords({"key": "secret", "None": "secret", "other": "secret"}, [declared]) == found


@pytest.mark.parametrize("value", [SecretStr("secret"), {"@path": "$.key"}, "", None, "\u2022" * 10])
def test_only_a_string_that_is_not_masked_is_a_literal(value: Any) -> None:
    assert literal_passwords({"key": value}, [{"fieldKey": "key", "type": "PASSWORD"}]) == []


def test_a_value_from_a_template_is_not_a_literal() -> None:
    settings = {"key": "secret", "other": "secret"}
    declared: list[CatalogActionField] = [{"fieldKey": "key", "type": "PASSWORD"}]
    assert literal_passwords(settings, declared, templated=frozenset({("key",)})) == []
    assert literal_passwords(settings, declared, templated=frozenset({()})) == []
    assert literal_passwords(settings, declared, templated=frozenset({("other",)})) == ["key"]
