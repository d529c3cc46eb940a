"""An apply that is overtaken by another run reports only what it did itself."""

from __future__ import annotations

from typing import Any

from airflow_provider_segment.hooks.segment import SegmentPublicApiHook
from airflow_provider_segment.protocol.flow.steps import Flow, Send
from airflow_provider_segment.protocol.provisioning.apply import ApplyRequest, apply_destination
from airflow_provider_segment.protocol.provisioning.spec import DestinationSpec
from airflow_provider_segment.sandbox.testing import SegmentSandbox

IDENTITY: dict[str, Any] = {"source_id": "sandbox-web", "metadata_id": "sandbox-analytics", "name": "mine"}


def overtaken(flow: Flow[Any], other: SegmentPublicApiHook) -> Flow[Any]:
    """Run a flow; right before its first create, another client creates the same destination."""
    reply = None
    left = 1
    while True:
        try:
            step = flow.send(reply)
        except StopIteration as stop:
            return stop.value
        if left and isinstance(step, Send) and step.request.method == "POST":
            left = 0
            other.create_destination(**IDENTITY, settings={"region": "us"})
        reply = yield step


def test_a_destination_that_another_run_created_is_not_reported_as_created(segment_sandbox: SegmentSandbox) -> None:
    segment_sandbox.seed("empty")
    for region, changed in (("us", []), ("eu", ["settings['region']"])):
        segment_sandbox.seed("empty")
        request = ApplyRequest(spec=DestinationSpec(**IDENTITY, settings={"region": region}))
        with SegmentPublicApiHook() as hook, SegmentPublicApiHook() as other:
            flow = apply_destination(hook.options, request=request, write=True)
            _, summary = hook.driver.run(overtaken(flow, other))
        (made,) = segment_sandbox.destinations
        assert (summary["destination_id"], summary["created"]) == (made["id"], False)
        assert (summary["changed"], summary["differs"]) == (changed, bool(changed))
