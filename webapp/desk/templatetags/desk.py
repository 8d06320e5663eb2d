"""How the desk's pages write steps, times and numbers."""

import json
from datetime import datetime, timedelta
from typing import Any

from django import template
from django.utils import timezone

from editing.game.filters import FILTERS
from webapp.desk.people import STATES

register = template.Library()


@register.filter
def step_text(step: Any) -> str:
    """Return a step, or an event with a filter, in words: ``Exposure +1.50 EV``; curves by their name alone."""
    filter_ = FILTERS.get(step.filter or "")
    if filter_ is None:
        return step.filter or ""
    try:
        return f"{filter_.label} {filter_.describe(step.parameters)}" if step.parameters else filter_.label
    except KeyError:  # of another version of the filters
        return filter_.label


@register.filter
def thousands(number: int) -> str:
    """Return a number with its thousands apart: ``1,240,000``."""
    return f"{number:,}"


@register.filter
def clock(ms: float | None) -> str:
    """Return milliseconds as minutes, seconds and tenths: ``1:07.4``."""
    if ms is None:
        return ""
    minutes, rest = divmod(int(ms), 60_000)
    return f"{minutes}:{rest // 1000:02d}.{rest % 1000 // 100}"


@register.filter
def brief(seconds: float | timedelta | None) -> str:
    """Return a time of so many seconds as people say it: ``45 s``, ``3 min``, ``2 h``, ``5 days``."""
    if seconds is None:
        return ""
    if isinstance(seconds, timedelta):
        seconds = seconds.total_seconds()
    for size, name in ((86_400, "days"), (3600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {name}"
    return f"{seconds:.0f} s"


@register.filter
def of(values: dict[Any, Any], key: Any) -> Any:
    """Return what a dictionary has under a key; nothing where it has none."""
    return values.get(key, "")


@register.filter
def answer_text(answer: str) -> str:
    """Return an answer that is written as JSON, as people read it: texts without their marks, lists with commas."""
    value = json.loads(answer)
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else value if isinstance(value, str) else answer


@register.filter
def state_label(state: str) -> str:
    """Return the state of a person, in words."""
    return STATES[state]


@register.filter
def since(moment: datetime | None) -> str:
    """Return how long ago something was."""
    return f"{brief((timezone.now() - moment).total_seconds())} ago" if moment else ""


@register.filter
def moment(value: datetime | None) -> str:
    """Return a date and time, in UTC."""
    return value.strftime("%Y-%m-%d %H:%M") if value else ""


@register.filter
def of_highest(value: int, highest: int) -> int:
    """Return how high a bar of a chart is, of 100."""
    return round(100 * value / highest) if highest else 0


@register.filter
def rest(share: int) -> int:
    """Return what is left of 100."""
    return 100 - share


@register.filter
def times(value: int, factor: int) -> int:
    """Return the product, for places in a drawing."""
    return value * factor
