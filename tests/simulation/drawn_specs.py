"""Hypothesis strategies for descriptions: settings of all kinds, masks, read-only keys, any number of subscriptions."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from airflow_provider_segment.protocol.provisioning.spec import DestinationSpec, SubscriptionSpec
from tests.simulation.catalog import ACTIONS, ANALYTICS, SOURCE

_MASK = "•" * 10

# They differ in their last four characters, which are all that Segment shows.
secrets = st.sampled_from(["the-secret-aaaa", "the-secret-bbbb", "the-secret-cccc", "short", ""])
masks = st.sampled_from([_MASK, f"{_MASK}aaaa", f"{_MASK}zzzz"])
json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.floats(-2, 2) | st.text("ab{1", max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text("ab", max_size=2), inner, max_size=2),
    max_leaves=4,
)


def settings(*, with_masks: bool) -> st.SearchStrategy[dict[str, Any]]:
    """Draw settings of a destination.

    :param with_masks: also masks, which are valid for an existing object only.
    """
    secret = (secrets | masks) if with_masks else secrets
    return st.fixed_dictionaries(
        {},
        optional={
            "apiKey": secret,
            "secretKey": secret,
            "trackAllPages": st.booleans(),
            "region": st.sampled_from(["us", "eu"]) | (masks if with_masks else st.nothing()),
            "threshold": st.integers(0, 3) | st.just(2.0),
            "ignoredEvents": st.lists(json_values, max_size=2),
            "eventNames": st.dictionaries(st.text("ab", max_size=2), json_values, max_size=2),
            "externalId": st.just("mine"),
        },
    )


@st.composite
def destinations(draw: st.DrawFn, *, with_masks: bool) -> DestinationSpec:
    """Draw the description of the destination; its identity is always the same."""
    return DestinationSpec(
        source_id=SOURCE,
        metadata_id=ANALYTICS,
        name="mine",
        settings=draw(settings(with_masks=with_masks)),
        enabled=draw(st.booleans() | st.none()),
    )


@st.composite
def _subscriptions(draw: st.DrawFn) -> SubscriptionSpec:
    number = draw(st.integers(0, 4))
    return SubscriptionSpec(
        name=f"Sub {number}",
        action_id=ACTIONS[number % 2],
        trigger=draw(st.sampled_from(['type = "track"', 'type = "identify"'])),
        enabled=draw(st.booleans() | st.none()),
        settings=draw(st.none() | st.dictionaries(st.sampled_from(["a", "b"]), json_values, max_size=2)),
        model_id=draw(st.sampled_from([None, f"model-{number}"])),
        reverse_etl_schedule=draw(
            st.sampled_from([None, {"strategy": "MANUAL"}, {"strategy": "PERIODIC", "config": {"interval": "15m"}}])
        ),
    )


subscriptions = st.none() | st.lists(_subscriptions(), max_size=4, unique_by=lambda one: one.name)
