"""The fields of the connection: Airflow 3 reads them from the provider info, Airflow 2.11 from the hook.

Plain data without imports, because the provider info is read before Airflow's configuration is ready.
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
    "host": "https://api.segmentapis.com (default: the URL of the region)",
    # Airflow 3.3.1 and 3.3.2 do not test a connection without a port (https://github.com/apache/airflow/pull/73298).
    "port": "443",
}

EXTRA_FIELDS: dict[str, dict[str, Any]] = {
    "region": {
        "label": "Region",
        "description": "Region of the workspace: us or eu. Ignored if a base URL is set.",
        "schema": {"type": ["string", "null"], "enum": ["us", "eu"], "default": "us"},
    },
    "timeout": {
        "label": "Timeout (s)",
        "description": "Seconds per attempt. Default 30.",
        "schema": {"type": ["number", "null"], "exclusiveMinimum": 0},
    },
    "retry_budget": {
        "label": "Retry budget (s)",
        "description": "Seconds one call may spend on failed attempts. Default 300.",
        "schema": {"type": ["number", "null"], "minimum": 0},
    },
    "rate_limit_budget": {
        "label": "Rate limit budget (s)",
        "description": "Seconds one call may wait for Segment's rate limits. Default 3600.",
        "schema": {"type": ["number", "null"], "minimum": 0},
    },
    "reconcile_timeout": {
        "label": "Reconcile timeout (s)",
        "description": "Seconds to keep looking for an object after a write whose response was lost. Default: timeout.",
        "schema": {"type": ["number", "null"], "minimum": 0},
    },
    "verify": {
        "label": "CA bundle",
        "description": "Path of a CA bundle to verify TLS with; false is allowed only for loopback addresses.",
        "schema": {"type": ["string", "null"]},
    },
    "proxies": {
        "label": "Proxies",
        "description": 'JSON, such as {"https": "http://proxy:3128"}. Default: the environment\'s.',
        "schema": {"type": ["string", "null"]},
    },
}


def provider_info_connection_type() -> dict[str, Any]:
    """Return the connection type for Airflow 3, in the format of the provider info."""
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
    """Return the form's standard fields for Airflow 2.11, in the format of ``get_ui_field_behaviour()``."""
    return {"hidden_fields": HIDDEN_FIELDS, "relabeling": RELABELING, "placeholders": PLACEHOLDERS}


def hook_widgets() -> dict[str, Any]:
    """Return the extra fields for Airflow 2.11's form, which has text fields but no selection lists."""
    # Not installed with Airflow 3, which never calls this.
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
