"""Turning flows into methods of the hooks, so that no call is written once for each driver.

A flow is bound to the hook's own ``run`` or ``iterate``: on the synchronous hook the method returns the result, on the
asynchronous one it is awaited, or iterated over with ``async for``.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from typing import Any, Concatenate, Generic, ParamSpec, Protocol, TypeVar, overload

from airflow_provider_segment.protocol.flow.steps import CallOptions, Flow, PagedFlow

P = ParamSpec("P")
T = TypeVar("T")


class _Synchronous(Protocol):
    def __enter__(self) -> Any: ...


class _Asynchronous(Protocol):
    async def __aenter__(self) -> Any: ...


class method(Generic[P, T]):  # noqa: N801 - used as a decorator is
    """Make a method that runs a flow and returns its result.

    :param flow: a function from terms and keyword arguments to a flow; the method takes the same arguments.
    """

    def __init__(self, flow: Callable[Concatenate[CallOptions, P], Flow[T]]) -> None:
        self._flow = flow

    @overload
    def __get__(self, hook: None, owner: type) -> Callable[..., Any]: ...
    @overload
    def __get__(self, hook: _Synchronous, owner: type) -> Callable[P, T]: ...
    @overload
    def __get__(self, hook: _Asynchronous, owner: type) -> Callable[P, Coroutine[Any, Any, T]]: ...
    def __get__(self, hook: Any, owner: type) -> Any:
        return _described(self._flow) if hook is None else functools.partial(hook.run, self._flow)


class iterator(Generic[P, T]):  # noqa: N801 - used as a decorator is
    """Make a method that iterates over what a flow emits, fetching pages as it is consumed.

    :param walk: a function from terms and keyword arguments to a flow; the method takes the same arguments.
    """

    def __init__(self, walk: Callable[Concatenate[CallOptions, P], PagedFlow[T]]) -> None:
        self._walk = walk

    @overload
    def __get__(self, hook: None, owner: type) -> Callable[..., Any]: ...
    @overload
    def __get__(self, hook: _Synchronous, owner: type) -> Callable[P, Iterator[T]]: ...
    @overload
    def __get__(self, hook: _Asynchronous, owner: type) -> Callable[P, AsyncIterator[T]]: ...
    def __get__(self, hook: Any, owner: type) -> Any:
        return _described(self._walk) if hook is None else functools.partial(hook.iterate, self._walk)


def _described(flow: Callable[..., Any]) -> Callable[..., Any]:
    """What ``help()`` and the reference show: the flow's words, and arguments as the method takes them."""

    @functools.wraps(flow)
    def of_a_hook(self: Any, *args: Any, **kwargs: Any) -> Any:
        return getattr(self, flow.__name__)(*args, **kwargs)

    signature = inspect.signature(flow)
    _, *arguments = signature.parameters.values()
    self = inspect.Parameter("self", inspect.Parameter.POSITIONAL_OR_KEYWORD)
    result = _result(signature.return_annotation)
    of_a_hook.__signature__ = signature.replace(  # type: ignore[attr-defined]
        parameters=[self, *arguments], return_annotation=result
    )
    of_a_hook.__annotations__ = flow.__annotations__ | {"return": result}
    return of_a_hook


def _result(annotation: Any) -> Any:
    """``X`` of ``Flow[X]``, ``Iterator[X]`` of ``Walk[X]``; annotations are texts here."""
    text = str(annotation)
    for wrapper, shown in (("Flow", "{}"), ("PagedFlow", "Iterator[{}]")):
        if text.startswith(f"{wrapper}[") and text.endswith("]"):
            return shown.format(text[len(wrapper) + 1 : -1])
    return annotation
