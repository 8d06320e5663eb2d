"""How large a study must be, by its own play so far: ``safelight power`` of what people have handed in."""

import json
from dataclasses import dataclass
from pathlib import Path

from django.db import transaction
from django.db.models import Count
from django.dispatch import receiver

from editing.game.filters import VERSION
from webapp.datasets.command_jobs import Command, Limits, ShouldStop, carry_out, check_installed, finish
from webapp.datasets.exporting import export
from webapp.datasets.models import PowerAnalysis
from webapp.datasets.queueing import ask_to_carry_out, ask_to_carry_out_again
from webapp.datasets.selection import Selection
from webapp.games.models import Episode
from webapp.participants.models import Participant
from webapp.studies.models import Participation, Study
from webapp.studies.withdrawing import erasing_traces

# From so many people on their play is a pilot.
LEAST_PEOPLE = 5
# How many photos each person does, where the study does not say.
PHOTOS_OF_A_PERSON = 20
_LIMITS = Limits(
    60 * 60,
    "It took more than an hour. Take an export to a faster machine, and use safelight power there.",
    "It crashed, or ran out of memory. Take an export to a larger machine, and use safelight power there.",
)


@dataclass(frozen=True)
class Pilot:
    """What people have handed in so far, of which a larger study can be planned.

    Attributes:
        people, episodes: how many count.
    """

    people: int
    episodes: int

    @property
    def least(self) -> int:
        """How many people it takes."""
        return LEAST_PEOPLE

    @property
    def is_enough(self) -> bool:
        """Whether so many have played that it says something."""
        return self.people >= self.least


def pilot_of(study: Study) -> Pilot:
    """Return how much people have handed in that counts."""
    handed_in = Episode.objects.filter(study=study, status=Episode.Status.SUBMITTED, contract_version=VERSION)
    own = handed_in.filter(participant__kind=Participant.Kind.HUMAN, tutorial=False, preview=False, attention=False)
    people, episodes = own.aggregate(Count("participant", distinct=True), Count("pk")).values()
    return Pilot(people, episodes)


@transaction.atomic
def ask_for_analysis(study: Study) -> bool:
    """Put an analysis into the queue, in place of the last; False where one is coming, or too few have played."""
    study = Study.objects.select_for_update(of=("self",)).get(pk=study.pk)
    row = PowerAnalysis.objects.filter(study=study).first()
    if not pilot_of(study).is_enough or (row is not None and row.is_coming):
        return False
    if row is None:
        ask_to_carry_out(PowerAnalysis.objects.create(study=study))
    else:
        ask_to_carry_out_again(row)
    return True


def analyse(key: int, should_stop: ShouldStop) -> None:
    """Make an analysis; what goes wrong is for the researcher to read in its row."""
    rows = PowerAnalysis.objects.filter(pk=key).select_related("study")
    carry_out(rows, should_stop, _LIMITS, _analyse)


def _analyse(row: PowerAnalysis, folder: Path, command: Command) -> None:
    check_installed()
    study, play, figures = row.study, folder / row.study.slug, folder / "power.json"
    episodes = pilot_of(study).episodes
    export(play, Selection(study, (Episode.Status.SUBMITTED,)))
    each = study.photos_per_participant or PHOTOS_OF_A_PERSON
    command.run("power", play, "--photos-per-person", str(each), "--json", figures)
    finish(row, result=json.loads(figures.read_text(encoding="utf-8")), episodes=episodes)


@receiver(erasing_traces)
def delete_analysis(participation: Participation, **kwargs: object) -> None:
    """Delete the analysis of a study from which somebody withdraws: their play is in it."""
    PowerAnalysis.objects.filter(study=participation.study_id).delete()
