"""Attention items: what is asked on a photo, and whether finished steps do it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol


class FinishedStep(Protocol):
    """A step with the name of its filter and the values of its parameters."""

    @property
    def filter(self) -> str: ...

    @property
    def parameters(self) -> Mapping[str, Any]: ...


@dataclass(frozen=True)
class StepRule:
    """A parameter of a filter between two values, which are right too, in some step."""

    filter: str
    parameter: str
    low: float
    high: float

    def is_kept(self, steps: Iterable[FinishedStep]) -> bool:
        """Tell whether one of the finished steps lies between the two."""
        values = (step.parameters.get(self.parameter) for step in steps if step.filter == self.filter)
        return any(value is not None and self.low <= value <= self.high for value in values)


@dataclass(frozen=True)
class AttentionRule:
    """One or several rules over the finished steps, of which one is enough, or which must all be kept.

    Example:
        >>> brighter = {"rules": [
        ...     {"filter": "exposure", "parameter": "ev", "low": 1, "high": 3.5},
        ...     {"filter": "gamma", "parameter": "gamma", "low": 0.34, "high": 0.7},
        ... ]}
        >>> AttentionRule.of(brighter).is_kept([])
        False
    """

    rules: tuple[StepRule, ...]
    needs_all: bool = False

    @classmethod
    def of(cls, item: Mapping[str, Any]) -> "AttentionRule":
        """Return the rule of an attention item of a study; a single rule may stand in the item itself."""
        rules = item.get("rules", [item])
        return cls(
            tuple(StepRule(rule["filter"], rule["parameter"], rule["low"], rule["high"]) for rule in rules),
            needs_all=item.get("match") == "all",
        )

    def is_kept(self, steps: Iterable[FinishedStep]) -> bool:
        """Tell whether finished steps do what is asked."""
        made = list(steps)
        return (all if self.needs_all else any)(rule.is_kept(made) for rule in self.rules)
