"""What judging has come to, task by task, for researchers. Previews and who was rejected are left out."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet

from webapp.judging.models import BY_TASK, Picture
from webapp.participants.models import Participant
from webapp.ratings.models import Judgement
from webapp.studies.models import Participation, Study
from webapp.studies.task_order import Task, tasks_of
from webapp.studies.task_structures import JUDGEMENTS, RATING, TURING


@dataclass(frozen=True)
class MakerResult:
    """What was said of the pictures of a maker.

    Attributes:
        shown: how often one of them was judged.
        mean: the mean mark, 1 to 5; of turing the share that was taken for a person's, else the share that was chosen.
    """

    maker: str
    shown: int
    mean: float


@dataclass(frozen=True)
class TaskResult:
    """How far a task of judging is, and what was said in it.

    Attributes:
        judges: how many people have answered.
        judgements: how many answers there are, repeats and attention items aside.
        pictures: how many there are to judge; ``filled``, how many have as many judgements as are wanted.
        repeats: how many trials were shown twice; ``same``, how many of them were answered the same.
    """

    task: str
    kind: str
    judges: int
    judgements: int
    pictures: int
    filled: int
    repeats: int
    same: int
    makers: tuple[MakerResult, ...]


def task_results(study: Study) -> list[TaskResult]:
    """Return the results of each task of judging of a study, those of its conditions too."""
    studies = [study, *(study.under(condition["name"]) for condition in study.conditions)]
    tasks = {task.name: task for known in studies for task in tasks_of(known) if task.kind in JUDGEMENTS}
    return [_result(study, task) for task in tasks.values()]


def _result(study: Study, task: Task) -> TaskResult:
    judgements = list(_counted(study, task).prefetch_related("showing__places"))
    own = [row for row in judgements if not (row.showing.repeat or row.showing.attention)]
    pictures = Picture.objects.filter(study=study, task=task.name).exclude(maker=BY_TASK)
    wanted = task.settings.get("judgements_per_picture")
    counts = pictures.aggregate(all=Count("pk"), filled=Count("pk", filter=Q(taken__gte=wanted or 1)))
    repeats, same = _repeats(task, judgements)
    return TaskResult(
        task=task.name,
        kind=task.kind,
        judges=len({row.showing.participant_id for row in own}),
        judgements=len(own),
        pictures=counts["all"],
        filled=counts["filled"],
        repeats=repeats,
        same=same,
        makers=tuple(_of_makers(task, own)),
    )


def _counted(study: Study, task: Task) -> QuerySet[Judgement]:
    rejected = Participation.objects.filter(study=study).exclude(rejected=None).values("participant")
    rows = Judgement.objects.filter(showing__study=study, showing__task=task.name, showing__preview=False)
    people = rows.filter(showing__participant__kind=Participant.Kind.HUMAN)
    return people.exclude(showing__participant__in=rejected).select_related("showing").order_by("pk")


def _of_makers(task: Task, judgements: Iterable[Judgement]) -> Iterable[MakerResult]:
    values: dict[str, list[float]] = defaultdict(list)
    for row in judgements:
        for place in row.showing.places.all():
            if task.kind == RATING:
                values[place.maker].append(row.answer)
            elif task.kind == TURING:
                values[place.maker].append(float(row.answer == 0))
            else:
                values[place.maker].append(float(row.answer == place.index))
    for maker in sorted(values):
        yield MakerResult(maker, len(values[maker]), sum(values[maker]) / len(values[maker]))


def _repeats(task: Task, judgements: Iterable[Judgement]) -> tuple[int, int]:
    """Return how many trials were shown twice, and how many of them were answered the same."""
    answers: dict[object, list[object]] = defaultdict(list)
    shown: Counter[object] = Counter()
    for row in judgements:
        if row.showing.attention:
            continue
        places = {place.index: (place.maker, place.episode_id) for place in row.showing.places.all()}
        key = (row.showing.participant_id, row.showing.photo_id, frozenset(places.values()))
        shown[key] += 1
        is_place = task.kind not in (RATING, TURING)
        answers[key].append(places[row.answer] if is_place else row.answer)
    twice = [key for key, count in shown.items() if count > 1]
    return len(twice), sum(len(set(answers[key])) == 1 for key in twice)
