"""The tasks of a participant, one after another: which comes next, and whether all are done.

Play, judgements and questionnaires are rooms of their own, above this one; each says here how to ask it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from webapp.studies.models import Participation, Study
from webapp.studies.task_structures import PLAY


@dataclass(frozen=True)
class Task:
    """A task of a study.

    Attributes:
        settings: as configured, with its kind and its name.
    """

    kind: str
    name: str
    settings: Mapping[str, Any]


@dataclass(frozen=True)
class TaskKind:
    """What is asked of the tasks of a kind.

    Attributes:
        page: the name of the address at which a participant does it.
        is_done: whether there is nothing left of it that a participant can do.
        has_begun: whether a participant has done anything of it.
        has_room: whether there is something left, in a study under a condition, for somebody who comes; always where
            it is not said.
        reserve: takes what a participant is given, in the transaction in which they join.
        failed_items: how many attention items of it a participant has failed.
    """

    page: str
    is_done: Callable[[Participation, Task], bool]
    has_begun: Callable[[Participation, Task], bool]
    has_room: Callable[[Study, str, Task], bool] | None = None
    reserve: Callable[[Participation, Task], None] | None = None
    failed_items: Callable[[Participation, Task], int] | None = None


_KINDS: dict[str, TaskKind] = {}


def add_kind(name: str, kind: TaskKind) -> None:
    """Say how tasks of a kind are asked; called as the site starts."""
    _KINDS[name] = kind


def tasks_of(study: Study) -> list[Task]:
    """Return the tasks of a study, in order: play alone where it names none."""
    return [Task(task["kind"], task.get("name", PLAY), task) for task in study.tasks or [{"kind": PLAY}]]


def current_task(participation: Participation) -> Task | None:
    """Return the first task of which there is something left; None for who has done all.

    Who has once done all the tasks of a study is given no more, whatever is added to it.
    """
    study = participation.own_study
    if study.tasks and participation.completed is not None:
        return None
    tasks = tasks_of(study)
    return next((task for task in tasks if not _KINDS[task.kind].is_done(participation, task)), None)


def page_of(task: Task) -> str:
    """Return the name of the address at which a task is done."""
    return _KINDS[task.kind].page


def are_others_done(participation: Participation) -> bool:
    """Tell whether all tasks but play are done."""
    others = (task for task in tasks_of(participation.own_study) if task.kind != PLAY)
    return all(_KINDS[task.kind].is_done(participation, task) for task in others)


def has_begun_others(participation: Participation) -> bool:
    """Tell whether somebody has done anything of a task other than play."""
    others = (task for task in tasks_of(participation.own_study) if task.kind != PLAY)
    return any(_KINDS[task.kind].has_begun(participation, task) for task in others)


def have_room(study: Study, condition: str) -> bool:
    """Tell whether every task of a study, under its condition, has something left for somebody who comes."""
    asked = ((task, _KINDS[task.kind].has_room) for task in tasks_of(study))
    return all(has_room(study, condition, task) for task, has_room in asked if has_room is not None)


def reserve_tasks(participation: Participation) -> None:
    """Take what somebody who joins is given in their tasks, all at once; within the transaction in which they join.

    Raises:
        Refusal: ``study_full``.
    """
    for task in tasks_of(participation.own_study):
        if (reserve := _KINDS[task.kind].reserve) is not None:
            reserve(participation, task)


def failed_in_tasks(participation: Participation) -> int:
    """Return how many attention items somebody has failed, in all their tasks."""
    asked = ((task, _KINDS[task.kind].failed_items) for task in tasks_of(participation.own_study))
    return sum(failed_items(participation, task) for task, failed_items in asked if failed_items is not None)
