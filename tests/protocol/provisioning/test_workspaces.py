"""Any workspace like the real ones: describing it is no difference, and changing one field is exactly that one."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from airflow_provider_segment.protocol.provisioning.plan import make_plan
from airflow_provider_segment.protocol.provisioning.spec import DestinationSpec

MASK = "•" * 10
OPTIONS: list[dict[str, Any]] = [
    {"name": "apiKey"},
    {"name": "clientEmail"},
    {"name": "region", "defaultValue": "us"},
    {"name": "retries", "defaultValue": 3},
    {"name": "mappings", "defaultValue": {}},
    {"name": "on", "defaultValue": False},
]
json_values = st.recursive(
    st.booleans() | st.integers(-3, 3) | st.floats(-2, 2) | st.text("ab", max_size=3),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.text("ab", min_size=1, max_size=2), inner, max_size=2)
    ),
    max_leaves=4,
)
# 133 of 135 masks have a tail, a tenth of the destinations have keys of the server, and defaults are not always there.
shown_settings = st.fixed_dictionaries(
    {},
    optional={
        "apiKey": st.sampled_from([f"{MASK}dada", f"{MASK}----", f'{MASK}"}}', MASK, ""]),
        "clientEmail": st.sampled_from([f"{MASK}.com", "a@example.com"]),
        "region": st.sampled_from(["us", "eu"]),
        "retries": st.integers(0, 5) | st.floats(0, 5),
        "mappings": st.dictionaries(st.sampled_from(["x", "y"]), json_values, max_size=2),
        "on": st.booleans(),
        "dynamicAuthSettings": st.fixed_dictionaries({"configId": st.text("ab", max_size=2)}),
        "enabled": st.booleans(),
        "name": st.text("ab", max_size=3),
        "stored, but unknown": json_values,
    },
)
destinations = st.fixed_dictionaries(
    {"name": st.text("abc", min_size=1, max_size=3), "enabled": st.booleans(), "settings": shown_settings}
)


def actual(record: dict[str, Any]) -> Any:
    return {"id": "d", "sourceId": "s", "metadata": {"id": "m", "options": OPTIONS}} | record


def described(record: dict[str, Any], **changes: Any) -> DestinationSpec:
    arguments = {"source_id": "s", "metadata_id": "m"} | record | changes
    return DestinationSpec(**arguments)


@pytest.mark.slow
@settings(max_examples=500, deadline=None)
@given(record=destinations, known=st.booleans())
def test_describing_a_destination_is_no_difference(record: dict[str, Any], known: bool) -> None:
    if known:  # someone who knows the secrets describes them instead of their masks
        secrets = {
            key: f"the secret {value.rpartition('•')[2]}" for key, value in record["settings"].items() if _masked(value)
        }
        spec = described(record, settings=record["settings"] | secrets)
    else:
        spec = described(record)
    assert make_plan(spec, None, actual=actual(record)).is_empty


@pytest.mark.slow
@settings(max_examples=500, deadline=None)
@given(record=destinations, key=st.sampled_from(["name", "enabled", "region", "mappings", "retries", "apiKey"]))
def test_changing_one_field_writes_exactly_that_field(record: dict[str, Any], key: str) -> None:
    before = record["settings"]
    new: dict[str, Any] = {
        "name": record["name"] + "x",
        "enabled": not record["enabled"],
        "region": "elsewhere",
        "mappings": {"z": [1]},
        "retries": 77,
        "apiKey": "a new secret wxyz",
    }
    if key in ("name", "enabled"):
        spec, name = described(record, **{key: new[key]}), key
    else:
        assume(key != "apiKey" or not str(before.get(key)).endswith("wxyz"))
        spec, name = described(record, settings=before | {key: new[key]}), f"settings[{key!r}]"
    diff = make_plan(spec, None, actual=actual(record)).destination.diff
    if key == "apiKey" and before.get(key) == MASK:
        assert (diff.names, diff.hidden) == ([], (key,))
        return
    assert diff.names == [name]
    assert set(diff.changes) == {name.partition("[")[0]}


def _masked(value: Any) -> bool:
    return isinstance(value, str) and "•" in value
