"""What an operator keeps of a run of its flow that was stopped to wait for a rate limit."""

from __future__ import annotations

from dataclasses import dataclass, field

from airflow_provider_segment.protocol.provisioning.lookup import Found
from airflow_provider_segment.protocol.provisioning.progress import ApplyProgress
from airflow_provider_segment.protocol.workspace.progress import WorkspaceProgress


@dataclass
class Memory:
    """What one task remembers.

    :param progress: of an apply.
    :param fleet: of an apply to several destinations.
    :param found: the target of a delete.
    :param wrote: whether a write was sent.
    :param created: whether a create was sent.
    """

    progress: ApplyProgress = field(default_factory=ApplyProgress)
    fleet: WorkspaceProgress = field(default_factory=WorkspaceProgress)
    found: Found = field(default_factory=Found)
    wrote: bool = False
    created: bool = False


FRESH = Memory()
"""The memory of a run that was never stopped, for flows that only read it."""
