"""The other providers that benchmarks compare with; peers.txt pins them, and ``make bench`` installs them."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version


def named(distribution: str) -> str:
    """Name a peer with its version, or say what to do where it is not installed."""
    try:
        return f"{distribution.split('provider')[-1].lstrip('s-')} {version(distribution)}"
    except PackageNotFoundError:
        raise SystemExit(f"{distribution} is not installed here; run this with: make bench") from None
