"""How Segment treats the settings of a destination: defaults, masks, read-only keys, merge or replace."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tests.simulation.model_responses import RefusedError

_PYTHON_TYPES: dict[str, tuple[str, type | tuple[type, ...]]] = {
    "string": ("string", str),
    "password": ("string", str),
    "select": ("string", str),
    "boolean": ("boolean", bool),
    "number": ("number", (int, float)),
}
AUTH_SETTINGS = "dynamicAuthSettings"
_MASK = "•" * 10


@dataclass(frozen=True)
class DestinationType:
    """A catalog entry.

    :param record: in the format of a seed.
    """

    record: Mapping[str, Any]

    @property
    def options(self) -> dict[str, Mapping[str, Any]]:
        return {option["name"]: option for option in self.record["options"]}

    @property
    def defaults(self) -> dict[str, Any]:
        return {name: option["defaultValue"] for name, option in self.options.items() if "defaultValue" in option}

    @property
    def read_only(self) -> set[str]:
        return {*self.record["readOnlyOptions"], *self.added}

    @property
    def added(self) -> dict[str, Any]:
        """What Segment adds by itself; the sandbox draws another id each time."""
        return {AUTH_SETTINGS: {"configId": "any"}} if self.record["actions"] else {}

    @property
    def single_instance(self) -> bool:
        return bool(self.record["supportedFeatures"]["cloudModeInstances"] == "SINGLE")

    @property
    def actions(self) -> dict[str, str]:
        return {action["id"]: action["slug"] for action in self.record["actions"]}

    def created(self, sent: Mapping[str, Any]) -> dict[str, Any]:
        """Return the settings of a new destination."""
        return self.defaults | self.added | self._accepted(sent)

    def updated(self, current: Mapping[str, Any], sent: Mapping[str, Any], *, replace: bool, alone: bool) -> Any:
        """Return the settings after an update.

        :param alone: whether the update changes nothing but settings.
        """
        if alone and sent and self.read_only.issuperset(sent):
            raise RefusedError(400, f"Read-only settings: {', '.join(sorted(sent))}")
        accepted = self._accepted(sent)
        for name in self.record["secretOptions"]:
            if name in accepted and name in current and accepted[name] == mask(current[name]):
                accepted[name] = current[name]
        if not replace:
            return {**current, **accepted}
        return self.defaults | {name: current[name] for name in self.read_only if name in current} | accepted

    def shown(self, settings: Mapping[str, Any]) -> dict[str, Any]:
        """Return settings as responses show them."""
        secret = self.record["secretOptions"]
        return {name: mask(value) if name in secret else value for name, value in settings.items()}

    def _accepted(self, sent: Mapping[str, Any]) -> dict[str, Any]:
        for name, value in sent.items():
            option = self.options.get(name, {"type": ""})
            word, kind = _PYTHON_TYPES.get(option["type"], ("", object))
            if value is not None and (not isinstance(value, kind) or (word == "number" and isinstance(value, bool))):
                data = {"description": option.get("description", ""), "type": option["type"]}
                raise RefusedError(422, f'"{name}" must be a {word}', field=name, data=data)
        return {name: value for name, value in sent.items() if value is not None and name not in self.read_only}


def mask(value: Any) -> Any:
    """Mask a string: ten bullets, and the last four characters of one longer than eight."""
    if not isinstance(value, str) or not value:
        return value
    return _MASK + (value[-4:] if len(value) > 8 else "")
