"""The extra link to Segment. The task computes it; the web server only shows what is in XCom."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from airflow.providers.common.compat.sdk import BaseOperatorLink

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import BaseOperator, Context, TaskInstanceKey

DESTINATIONS_PAGE = "https://app.segment.com/goto-my-workspace/destinations"
"""Segment documents no address for a single destination; this one opens in the workspace of who is logged in."""


class SegmentDestinationsLink(BaseOperatorLink):
    """Leads to the destinations in the Segment app; to the sandbox's page where the connection points there."""

    name = "Segment Destinations"
    key = "segment_destinations"

    @property
    def xcom_key(self) -> str:
        """Where Airflow 3 looks for the link."""
        return self.key

    def get_link(self, operator: BaseOperator, *, ti_key: TaskInstanceKey) -> str:
        """Return what the task stored; Airflow 3 calls this when the task ends, and stores it again.

        :param operator: the task.
        :param ti_key: its instance.
        """
        from airflow.providers.common.compat.sdk import XCom

        return XCom.get_value(ti_key=ti_key, key=self.key) or ""

    @classmethod
    def persist(cls, context: Context, base_url: str) -> None:
        """Store the link, before the first call, so that it leads somewhere while the task runs.

        :param context: of the task; without a task instance, nothing is stored.
        :param base_url: the connection's.
        """
        if (ti := context.get("ti")) is not None:
            ti.xcom_push(key=cls.key, value=destinations_page(base_url))


def destinations_page(base_url: str) -> str:
    """Tell where a person sees the destinations.

    :param base_url: the connection's; on a loopback address only the sandbox answers.
    """
    from airflow_provider_segment.transport.connection import is_loopback

    return f"{base_url}/_sandbox/" if is_loopback(urlsplit(base_url).hostname) else DESTINATIONS_PAGE
