"""Environment variables that say of themselves what they are for; ``docs/settings.md`` is generated from them."""

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from environs import Env, EnvValidationError

Value = TypeVar("Value")

_READERS: dict[type[Any], str] = {str: "str", bool: "bool", int: "int", float: "float", list: "list", Path: "path"}


@dataclass(frozen=True)
class Variable:
    """An environment variable.

    Attributes:
        type: what its text is read as; a list is comma-separated.
        help: what it is for, in a sentence or two.
        unset: what holds where it is not set, in words, if ``default`` does not say it.
    """

    name: str
    type: type[Any]
    default: Any
    help: str
    unset: str


@dataclass(frozen=True)
class Environment:
    """The variables that one file reads, in the order in which it reads them."""

    variables: list[Variable] = field(default_factory=list)

    def read(
        self, name: str, type_: type[Value], default: Value, help_: str, *, unset: str = "", least: float | None = None
    ) -> Value:
        """Read a variable; an empty one is not set.

        Args:
            least: the smallest number that it may be.

        Raises:
            environs.EnvValidationError: its text is no value of the type, a number that is too small, or in quotes.
        """
        self.variables.append(Variable(name, type_, default, help_, unset))
        text = os.environ.get(name, "")
        # podman leaves the quotes of a file of settings where they are; docker compose and systemd take them off.
        if len(text) > 1 and text[0] == text[-1] and text[0] in "\"'":
            raise EnvValidationError(f"{name} is in quotes: write it without them", [])
        value: Value = getattr(Env(), _READERS[type_])(name) if text else default
        if least is not None and isinstance(value, int | float) and not value >= least:
            raise EnvValidationError(f"{name} must be at least {least:g}, not {value:g}", [])
        return value
