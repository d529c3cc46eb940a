"""Turning flows into methods of a hook, so that no call is written once for each driver."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar, cast

from airflow_provider_segment.hooks.requests_driver import RequestsDriver
from airflow_provider_segment.protocol.flow.steps import Flow, Terms, Walk

P = ParamSpec("P")
T = TypeVar("T")


class _HasDriver(Protocol):
    @property
    def terms(self) -> Terms: ...

    @property
    def driver(self) -> RequestsDriver: ...


def method(flow: Callable[Concatenate[Terms, P], Flow[T]]) -> Callable[Concatenate[Any, P], T]:
    """Make a method that runs a flow and returns its result.

    :param flow: a function from terms and keyword arguments to a flow; the method takes the same arguments.
    """

    @functools.wraps(flow)
    def run(self: _HasDriver, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return self.driver.run(flow(self.terms, *args, **kwargs))

    return cast("Callable[Concatenate[Any, P], T]", run)


def iterator(walk: Callable[Concatenate[Terms, P], Walk[T]]) -> Callable[Concatenate[Any, P], Iterator[T]]:
    """Make a method that iterates over what a flow emits, fetching pages as it is consumed.

    :param walk: a function from terms and keyword arguments to a flow; the method takes the same arguments.
    """

    @functools.wraps(walk)
    def iterate(self: _HasDriver, /, *args: P.args, **kwargs: P.kwargs) -> Iterator[T]:
        return self.driver.iterate(walk(self.terms, *args, **kwargs))

    return cast("Callable[Concatenate[Any, P], Iterator[T]]", iterate)
