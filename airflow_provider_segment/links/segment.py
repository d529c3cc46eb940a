"""The extra link to Segment. The task stores it in XCom; the web server only reads it."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from airflow.providers.common.compat.sdk import BaseOperatorLink

if TYPE_CHECKING:
    from airflow.providers.common.compat.sdk import BaseOperator, Context, TaskInstanceKey

DESTINATIONS_PAGE = "https://app.segment.com/goto-my-workspace/destinations"
"""The page opens in the workspace of the logged-in user. Segment documents no URL for a single destination."""


class SegmentDestinationsLink(BaseOperatorLink):
    """A link to the destinations in the Segment app, or to the sandbox's page if the task uses the sandbox."""

    name = "Segment Destinations"
    key = "segment_destinations"

    @property
    def xcom_key(self) -> str:
        """The XCom key under which Airflow 3 reads the link."""
        return self.key

    def get_link(self, operator: BaseOperator, *, ti_key: TaskInstanceKey) -> str:
        """Return the link that the task stored; Airflow 3 calls this when the task ends, and stores the result.

        :param operator: the task.
        :param ti_key: the key of its task instance.
        """
        # A task that ran in this process has the link, even if it failed before storing it.
        stored: str | None = getattr(operator, "stored_link", None)
        if stored is not None:
            return stored
        from airflow.providers.common.compat.sdk import XCom

        return XCom.get_value(ti_key=ti_key, key=self.key) or ""

    @classmethod
    def persist(cls, context: Context, base_url: str) -> str:
        """Store the link and return it; called before the first request, so that the link works while the task runs.

        :param context: the task's context; without a task instance nothing is stored.
        :param base_url: the connection's base URL.
        """
        page = destinations_page(base_url)
        if (ti := context.get("ti")) is not None:
            ti.xcom_push(key=cls.key, value=page)
        return page


def destinations_page(base_url: str) -> str:
    """Return the URL of the page that shows the destinations.

    :param base_url: the connection's base URL; a loopback address is always the sandbox.
    """
    from airflow_provider_segment.transport.connection import is_loopback

    return f"{base_url}/_sandbox/" if is_loopback(urlsplit(base_url).hostname) else DESTINATIONS_PAGE
