from __future__ import annotations

import pytest
from rich.pretty import pretty_repr

from airflow_provider_segment.protocol.provisioning.spec import DestinationSpec, Spec, SubscriptionSpec

SETTINGS = {"apiKey": "hunter2"}
DESCRIBED = [
    DestinationSpec(name="Ads", settings=SETTINGS),
    SubscriptionSpec(name="Orders", trigger='type = "track"', settings=SETTINGS),
]


@pytest.mark.parametrize("shown", [repr, str, pretty_repr])
@pytest.mark.parametrize("spec", DESCRIBED, ids=lambda spec: type(spec).__name__)
def test_a_description_is_shown_without_its_settings(spec: Spec, shown: type[str]) -> None:
    assert f"name={spec.name!r}" in shown(spec)  # type: ignore[attr-defined]
    assert "settings" not in shown(spec)
    assert "hunter2" not in shown(spec)


def test_arguments_that_are_not_fields_are_ignored() -> None:
    arguments = {"name": "Ads", "settings": SETTINGS, "if_exists": "reuse"}
    assert DestinationSpec.from_arguments(arguments) == DestinationSpec(name="Ads", settings=SETTINGS)
