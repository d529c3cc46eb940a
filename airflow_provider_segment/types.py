"""The types of the values that hooks, operators and the sensor return, for annotations in your own code.

All are plain dicts, so they can be passed through XCom. Segment's own objects have the keys of its API, such as
``sourceId``. Importing this module loads neither Airflow nor an HTTP library.
"""

from __future__ import annotations

from airflow_provider_segment.protocol.api.delivery_metrics import DeliveryMetrics
from airflow_provider_segment.protocol.api.objects import (
    CatalogAction,
    CatalogActionField,
    CatalogEntry,
    CatalogOption,
    Destination,
    DestinationMetadata,
    Filter,
    FilterAction,
    FilterPreview,
    ReverseEtlSchedule,
    Source,
    Subscription,
    Workspace,
)
from airflow_provider_segment.protocol.delivery.verdict import Evidence
from airflow_provider_segment.protocol.errors import ErrorObject
from airflow_provider_segment.protocol.provisioning.diff_report import Difference, FieldDifference, ObjectResult
from airflow_provider_segment.protocol.provisioning.summary import ApplySummary, FilterSummary, SubscriptionSummary
from airflow_provider_segment.protocol.workspace_summary import DestinationResult, WorkspaceSummary

__all__ = [
    "ApplySummary",
    "CatalogAction",
    "CatalogActionField",
    "CatalogEntry",
    "CatalogOption",
    "DeliveryMetrics",
    "Destination",
    "DestinationMetadata",
    "DestinationResult",
    "Difference",
    "ErrorObject",
    "Evidence",
    "FieldDifference",
    "Filter",
    "FilterAction",
    "FilterPreview",
    "FilterSummary",
    "ObjectResult",
    "ReverseEtlSchedule",
    "Source",
    "Subscription",
    "SubscriptionSummary",
    "Workspace",
    "WorkspaceSummary",
]
