"""The providers that benchmarks compare with; peers.txt pins them, and ``make bench`` installs them."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version


def title_of(distribution: str) -> str:
    """Return a peer's name and version, or exit with instructions if it is not installed."""
    try:
        return f"{distribution.split('provider')[-1].lstrip('s-')} {version(distribution)}"
    except PackageNotFoundError:
        raise SystemExit(f"{distribution} is not installed here; run this with: make bench") from None
