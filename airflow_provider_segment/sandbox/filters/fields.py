"""The schemas of a filter's fields in requests and seeds."""

from __future__ import annotations

from airflow_provider_segment.sandbox.validation import Field

CONDITION = Field(name="if", kind="string", required=True, not_empty=True)
ACTIONS = Field(name="actions", kind="array", required=True)
FILTER_FIELDS = (
    CONDITION,
    ACTIONS,
    Field(name="title", kind="string", required=True, not_empty=True),
    Field(name="description", kind="string"),
    Field(name="enabled", kind="boolean", required=True),
)
