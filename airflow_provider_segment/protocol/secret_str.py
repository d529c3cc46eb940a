"""Secrets as opaque values: crash reporters record local variables, so no variable may hold a plain secret."""

from __future__ import annotations

from typing import Any, NoReturn


class SecretStr:
    """A string that is shown as ``***`` everywhere; :meth:`get_secret_value` returns it.

    It equals, and has the same hash as, the string that it holds.

    :param value: the secret.
    """

    __slots__ = ("_value",)

    def __init__(self, value: str | SecretStr) -> None:
        self._value: str = value.get_secret_value() if isinstance(value, SecretStr) else str(value)

    def get_secret_value(self) -> str:
        """Return the plain string; call this where the string is used, and do not store the result in a variable."""
        return self._value

    @property
    def is_encodable(self) -> bool:
        """Whether the secret can be encoded as UTF-8; a lone surrogate cannot."""
        try:
            self._value.encode()
        except UnicodeEncodeError:
            return False
        return True

    def strip(self) -> SecretStr:
        """Return the secret without the whitespace around it."""
        return SecretStr(self._value.strip())

    def startswith(self, prefixes: tuple[str, ...]) -> bool:
        """Return whether the secret starts with one of several strings.

        :param prefixes: the strings.
        """
        return self._value.startswith(prefixes)

    def endswith(self, suffix: str) -> bool:
        """Return whether the secret ends with ``suffix``.

        :param suffix: the string.
        """
        return self._value.endswith(suffix)

    def __contains__(self, part: str) -> bool:
        return part in self._value

    def __len__(self) -> int:
        return len(self._value)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, SecretStr):
            return self._value == other._value
        return self._value == other if isinstance(other, str) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._value)

    def __repr__(self) -> str:
        return "***"

    def __copy__(self) -> SecretStr:
        return self

    def __deepcopy__(self, memo: object) -> SecretStr:
        return self

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret cannot be pickled")


class NumberString(str):
    """A secret number as a string, because Airflow masks only strings; ``check_settings`` restores :attr:`number`.

    :param number: the number.
    """

    __slots__ = ("number",)

    number: int | float

    def __new__(cls, number: int | float) -> NumberString:  # noqa: D102 - the class says it
        string = super().__new__(cls, number)
        string.number = number
        return string


def open_secret(value: Any) -> Any:
    """Return the plain string of a secret; used as msgspec's ``enc_hook``.

    :param value: a value that msgspec cannot encode.
    """
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    raise TypeError(f"JSON cannot represent the type {type(value).__name__}")
