"""The errors of this package.

Errors about the API derive from :class:`SegmentError` and never from ``AirflowException``, so ``soft_fail`` does not
turn them into a skip. The two verdicts, :class:`SegmentDeliveryFailedError` and :class:`SegmentDriftError`, fail the
task without a retry. Invalid arguments raise ``ValueError``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow.providers.common.compat.sdk import AirflowFailException

from airflow_provider_segment.protocol.errors import (
    SegmentAlreadyExistsError,
    SegmentAmbiguousWriteError,
    SegmentApiError,
    SegmentAuthError,
    SegmentConflictError,
    SegmentConnectionError,
    SegmentDestinationDisabledError,
    SegmentError,
    SegmentFilterCheckError,
    SegmentInvalidRequestError,
    SegmentNotFoundError,
    SegmentPartialFailureError,
    SegmentProtocolError,
    SegmentPruneLimitError,
    SegmentRateLimitError,
    SegmentServerError,
    SegmentSeveralMatchesError,
    SegmentUnexpectedResultError,
)
from airflow_provider_segment.protocol.printable import printable

if TYPE_CHECKING:
    from airflow_provider_segment.protocol.provisioning.summary import ApplySummary
    from airflow_provider_segment.protocol.workspace_summary import WorkspaceSummary


class SegmentDeliveryFailedError(AirflowFailException):
    """A condition of the sensor's ``fail_when`` holds. Not retried; ``soft_fail`` turns it into a skip.

    :param message: the condition that holds, and the metrics.
    """

    def __init__(self, message: str = "") -> None:
        super().__init__(printable(message))


class SegmentDeliveryUnmetError(AirflowFailException):
    """The window has closed without meeting the sensor's ``success_when``. Not retried.

    Also raised if the window is so old that Segment no longer has its metrics.

    It is not a :class:`SegmentDeliveryFailedError`: a night without events is no reason to disable a destination.
    """


class SegmentDriftError(AirflowFailException):
    """Segment differs from the description and ``on_drift`` is ``"fail"``. Nothing was written; not retried.

    The message lists the first differences; ``plan``, the result that ``on_drift="report"`` returns, contains all.

    :param message: the differences, as text.
    :param plan: the changes that an apply would make.
    """

    def __init__(self, message: str = "", *, plan: ApplySummary | WorkspaceSummary | None = None) -> None:
        super().__init__(printable(message))
        self.plan = plan


__all__ = [
    "SegmentAlreadyExistsError",
    "SegmentAmbiguousWriteError",
    "SegmentApiError",
    "SegmentAuthError",
    "SegmentConflictError",
    "SegmentConnectionError",
    "SegmentDeliveryFailedError",
    "SegmentDeliveryUnmetError",
    "SegmentDestinationDisabledError",
    "SegmentDriftError",
    "SegmentError",
    "SegmentFilterCheckError",
    "SegmentInvalidRequestError",
    "SegmentNotFoundError",
    "SegmentPartialFailureError",
    "SegmentProtocolError",
    "SegmentPruneLimitError",
    "SegmentRateLimitError",
    "SegmentServerError",
    "SegmentSeveralMatchesError",
    "SegmentUnexpectedResultError",
]
