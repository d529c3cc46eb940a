"""The options of the command."""

from __future__ import annotations

import pytest

from dev.cluster.options import parse_options


def test_each_run_has_its_defaults() -> None:
    full, quick = parse_options([]), parse_options(["--quick"])

    assert (full.destinations, full.factor, full.seed, full.keep) == (100, 6, 1, None)
    assert (quick.destinations, quick.factor, quick.seed, quick.keep) == (10, 2, 1, None)
    assert not full.quick
    assert quick.quick


def test_given_values_are_used() -> None:
    options = parse_options(["--quick", "--destinations", "20", "--factor", "1", "--seed", "7"])

    assert (options.destinations, options.factor, options.seed) == (20, 1, 7)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--destinations", "3"], "--destinations: must be at least 4"),
        (["--destinations", "0"], "--destinations: must be at least 4"),
        (["--factor", "0"], "--factor: must be positive"),
        (["--factor", "-1"], "--factor: must be positive"),
        (["--fast"], "unrecognized arguments: --fast"),
    ],
)
def test_invalid_values_are_errors(arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as error:
        parse_options(arguments)

    assert error.value.code == 2
    assert message in capsys.readouterr().err
