"""Checking that no source gets a second destination of a type that allows only one per source."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from airflow_provider_segment.protocol.errors import SegmentAlreadyExistsError
from airflow_provider_segment.protocol.flow.steps import CallOptions, Flow
from airflow_provider_segment.protocol.provisioning.catalog_checks import check_new_destination
from airflow_provider_segment.protocol.provisioning.identity import DestinationIdentity
from airflow_provider_segment.protocol.workspace.description import DestinationDescription
from airflow_provider_segment.protocol.workspace.locate_targets import Known
from airflow_provider_segment.protocol.workspace.plan_destination import Target


@dataclass(slots=True)
class Instances:
    """The destinations that the descriptions checked so far will create or remove.

    :param created: the new destination of each source and type, as messages name it.
    :param removed: ids of the destinations that are removed.
    """

    created: dict[tuple[str, str], str] = field(default_factory=dict)
    removed: set[str] = field(default_factory=set)

    def admit(
        self, options: CallOptions, description: DestinationDescription, target: Target, known: Known
    ) -> Flow[Target | Exception]:
        """Return the target, or an error if it is new and can't be created.

        :param description: the destination's description.
        :param target: what it refers to.
        :param known: what was read so far.
        """
        if description.removed:
            self.removed |= {target.actual["id"]} if target.actual is not None else set()
            return target
        if target.actual is not None:
            return target
        listed = yield from known.listings.read(options, target.source_id, max_age=math.inf)
        siblings = [one for one in listed if one["id"] not in self.removed]
        identity = DestinationIdentity(
            source_id=target.source_id, metadata_id=target.metadata_id, name=description.name or ""
        )
        key = (target.source_id, target.metadata_id)
        try:
            check_new_destination(identity, known.types[target.metadata_id], siblings, self.created.get(key))
        except (ValueError, SegmentAlreadyExistsError) as error:
            return error
        self.created.setdefault(key, f"{description.label} ({description.path})")
        return target
