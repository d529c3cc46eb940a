"""The connection's fields, described once: Airflow 3 reads them from the provider info, Airflow 2.11 from the hook.

Plain data, importing nothing: the provider info is read before Airflow's own configuration is ready.
"""

from __future__ import annotations

from typing import Any

CONN_TYPE = "segment_public_api"
HOOK_NAME = "Segment Public API"
HOOK_CLASS = "airflow_provider_segment.hooks.segment.SegmentPublicApiHook"
DEFAULT_CONN_ID = "segment_public_api_default"

HIDDEN_FIELDS = ["login", "schema"]
RELABELING = {"password": "API token", "host": "Base URL", "port": "Port"}
PLACEHOLDERS = {
    "password": "Public API token of the workspace",
    "host": "empty = the region's, https://api.segmentapis.com",
    # Airflow 3.3.1 and 3.3.2 refuse to test a connection without a port (https://github.com/apache/airflow/pull/73298).
    "port": "443",
}

EXTRA_FIELDS: dict[str, dict[str, Any]] = {
    "region": {
        "label": "Region",
        "description": "Where the workspace lives: us or eu. Not used when a base URL is given.",
        "schema": {"type": ["string", "null"], "enum": ["us", "eu"], "default": "us"},
    },
    "timeout": {
        "label": "Timeout (s)",
        "description": "Seconds per attempt. Default 30.",
        "schema": {"type": ["number", "null"], "exclusiveMinimum": 0},
    },
    "retry_budget": {
        "label": "Retry budget (s)",
        "description": "Seconds one call may spend on faults. Default 300.",
        "schema": {"type": ["number", "null"], "minimum": 0},
    },
    "rate_limit_budget": {
        "label": "Rate limit budget (s)",
        "description": "Seconds one call may wait for Segment's rate limits. Default 3600.",
        "schema": {"type": ["number", "null"], "minimum": 0},
    },
    "reconcile_timeout": {
        "label": "Reconcile timeout (s)",
        "description": "Seconds to keep looking for an object after a write whose answer was lost. Default 10.",
        "schema": {"type": ["number", "null"], "minimum": 0},
    },
    "verify": {
        "label": "CA bundle",
        "description": "Path of a CA bundle to verify TLS with; false only for a loopback address.",
        "schema": {"type": ["string", "null"]},
    },
    "proxies": {
        "label": "Proxies",
        "description": 'JSON, as {"https": "http://proxy:3128"}. Otherwise the environment\'s.',
        "schema": {"type": ["string", "null"]},
    },
}


def provider_info_connection_type() -> dict[str, Any]:
    """Describe the connection type to Airflow 3, in the spelling of the provider info."""
    return {
        "connection-type": CONN_TYPE,
        "hook-class-name": HOOK_CLASS,
        "hook-name": HOOK_NAME,
        "ui-field-behaviour": {
            "hidden-fields": HIDDEN_FIELDS,
            "relabeling": RELABELING,
            "placeholders": PLACEHOLDERS,
        },
        "conn-fields": EXTRA_FIELDS,
    }


def hook_field_behaviour() -> dict[str, Any]:
    """Describe the standard fields to Airflow 2.11, in the spelling of the hook."""
    return {"hidden_fields": HIDDEN_FIELDS, "relabeling": RELABELING, "placeholders": PLACEHOLDERS}


def hook_widgets() -> dict[str, Any]:
    """Make the extra fields of Airflow 2.11's form, which takes text fields and no choices."""
    # Neither is installed with plain Airflow 3, which never asks.
    from flask_appbuilder.fieldwidgets import BS3TextFieldWidget
    from wtforms import StringField
    from wtforms.validators import AnyOf, Optional

    def field(spec: dict[str, Any]) -> StringField:
        choices = spec["schema"].get("enum")
        return StringField(
            label=spec["label"],
            description=spec["description"],
            default=spec["schema"].get("default"),
            validators=[Optional(), AnyOf(choices)] if choices else [Optional()],
            widget=BS3TextFieldWidget(),
        )

    return {name: field(spec) for name, spec in EXTRA_FIELDS.items()}
