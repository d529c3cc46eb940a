"""Descriptors that turn flows into hook methods, so that each call is written once for both drivers.

Each method calls ``run`` or ``iterate`` of its hook. The methods of the synchronous hook return the result; those of
the asynchronous hook are awaited, or iterated over with ``async for``.
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
    """A method that runs a flow and returns its result.

    :param flow: a function of call options and keyword arguments that returns a flow; the method takes the same
        arguments without the options.
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
        return _documented(self._flow) if hook is None else functools.partial(hook.run, self._flow)


class iterator(Generic[P, T]):  # noqa: N801 - used as a decorator is
    """A method that iterates over the items of a flow, fetching pages on demand.

    :param flow: a function of call options and keyword arguments that returns a flow; the method takes the same
        arguments without the options.
    """

    def __init__(self, flow: Callable[Concatenate[CallOptions, P], PagedFlow[T]]) -> None:
        self._flow = flow

    @overload
    def __get__(self, hook: None, owner: type) -> Callable[..., Any]: ...
    @overload
    def __get__(self, hook: _Synchronous, owner: type) -> Callable[P, Iterator[T]]: ...
    @overload
    def __get__(self, hook: _Asynchronous, owner: type) -> Callable[P, AsyncIterator[T]]: ...
    def __get__(self, hook: Any, owner: type) -> Any:
        return _documented(self._flow) if hook is None else functools.partial(hook.iterate, self._flow)


def _documented(flow: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function with the flow's docstring and the method's signature, for ``help()`` and the reference."""

    @functools.wraps(flow)
    def hook_method(self: Any, *args: Any, **kwargs: Any) -> Any:
        return getattr(self, flow.__name__)(*args, **kwargs)

    signature = inspect.signature(flow)
    _, *arguments = signature.parameters.values()
    self = inspect.Parameter("self", inspect.Parameter.POSITIONAL_OR_KEYWORD)
    result = _result(signature.return_annotation)
    hook_method.__signature__ = signature.replace(  # type: ignore[attr-defined]
        parameters=[self, *arguments], return_annotation=result
    )
    hook_method.__annotations__ = flow.__annotations__ | {"return": result}
    return hook_method


def _result(annotation: Any) -> Any:
    """Convert an annotation in string form: ``Flow[X]`` to ``X``, and ``PagedFlow[X]`` to ``Iterator[X]``."""
    string = str(annotation)
    for wrapper, template in (("Flow", "{}"), ("PagedFlow", "Iterator[{}]")):
        if string.startswith(f"{wrapper}[") and string.endswith("]"):
            return template.format(string[len(wrapper) + 1 : -1])
    return annotation
