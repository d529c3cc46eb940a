"""The sandbox's page has the fields of each control request and of a seed, as the code that checks them does."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import fields, replace
from typing import Any

import pytest

from airflow_provider_segment.sandbox import faults, settings
from airflow_provider_segment.sandbox.codec import camel_case
from airflow_provider_segment.sandbox.control import deliveries
from airflow_provider_segment.sandbox.state import seed
from airflow_provider_segment.sandbox.validation import Field
from tests.docs.blocks import ROOT

PAGE = (ROOT / "docs" / "reference" / "sandbox.md").read_text()
FAULTS = "### The body of `POST /_sandbox/faults`"
# The parameters of a fault are documented in one table, in which the keys of `match` are listed one by one.
COMMON = [
    *(one for one in faults._COMMON_FIELDS if one.name != "match"),
    *(replace(one, name=f"match.{one.name}") for one in faults._MATCH_FIELDS),
]
FIELDS: dict[str, Sequence[Field]] = {
    "### The body of `POST /_sandbox/deliver`": deliveries._FIELDS,
    FAULTS: [*COMMON, *dict.fromkeys(one for kind in faults.FIELDS_BY_KIND.values() for one in kind)],
    "## Settings": settings._FIELDS,
    "## Seeds": seed._SEED_FIELDS,
    "### Sources of a seed": seed._SOURCE_FIELDS,
    "### Catalog entries of a seed": seed._ENTRY_FIELDS,
    "### Options of a catalog entry": seed._OPTION_FIELDS,
    "### Actions of a catalog entry": seed._ACTION_FIELDS,
    "### Destinations of a seed": seed._DESTINATION_FIELDS,
    "### Subscriptions of a seed": seed._SUBSCRIPTION_FIELDS,
    "### Filters of a seed": seed._FILTER_FIELDS,
}


def table(heading: str) -> dict[str, dict[str, str]]:
    """Return the rows of the table under a heading, by field; each row has its cells by column."""
    _, found, after = PAGE.partition(f"{heading}\n")
    assert found, heading
    section = after.split("\n#")[0]
    header, _, *rows = (line.strip("|").split("|") for line in section.splitlines() if line.startswith("|"))
    columns = [cell.strip() for cell in header]
    name = "Over HTTP" if "Over HTTP" in columns else "Field"
    cells = [dict(zip(columns, (cell.strip() for cell in row), strict=True)) for row in rows]
    return {row[name].strip("`"): row for row in cells}


def described(field: Field) -> str:
    """Return the type of a field, with the values that are allowed."""
    words = f"{field.kind} or null" if field.nullable else field.kind
    if field.choices:
        *others, last = (f"`{choice}`" for choice in field.choices)
        words += f": {', '.join(others)} or {last}"
    if field.minimum is not None and field.maximum is not None:
        words += f", {field.minimum:,.15g} to {field.maximum:,.15g}"
    elif field.minimum is not None:
        words += f", at least {field.minimum:,.15g}"
    return f"{words}, not empty" if field.not_empty else words


@pytest.mark.parametrize("heading", FIELDS)
def test_every_field_is_listed_with_its_type(heading: str) -> None:
    expected = {field.name: described(field) for field in FIELDS[heading]}
    assert {name: row["Type"] for name, row in table(heading).items()} == expected


@pytest.mark.parametrize("heading", [heading for heading in FIELDS if heading != "## Settings"])
def test_the_required_fields_are_those_without_a_default(heading: str) -> None:
    required = [name for name, row in table(heading).items() if row["Default"] == "required"]
    assert sorted(required) == sorted(field.name for field in FIELDS[heading] if field.required)


def test_every_setting_has_its_default() -> None:
    expected = {
        camel_case(field.name): (f"`{field.name}`", f"`{field.default!r}`") for field in fields(settings.Settings)
    }
    assert {name: (row["Setting"], row["Default"]) for name, row in table("## Settings").items()} == expected


@pytest.mark.parametrize("kind", faults.FIELDS_BY_KIND)
def test_every_fault_has_its_fields_with_their_defaults(kind: str) -> None:
    required: dict[str, Any] = {"status": 503, "seconds": 1}
    needed = {field.name: required[field.name] for field in faults.FIELDS_BY_KIND[kind] if field.required}
    fault = faults.fault_json(faults.parse_fault({"kind": kind, **needed}))
    match = {f"match.{name}": value for name, value in fault.pop("match").items()}
    expected = {
        name: "required" if name == "kind" or name in needed else f"`{json.dumps(value)}`"
        for name, value in {**fault, **match}.items()
    }
    rows = {name: row for name, row in table(FAULTS).items() if row["Kinds"] == "all" or f"`{kind}`" in row["Kinds"]}
    assert {name: row["Default"] for name, row in rows.items()} == expected
