"""``safelight compare``."""

from __future__ import annotations

import platform
import shlex
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from editing.game.filters import VERSION
from learning.commands.options import clear_errors

if TYPE_CHECKING:
    from learning.agent.training_data import TrainingData
    from learning.comparison.sides import Side


@click.command(
    epilog="""\b
Examples:
  safelight compare export play -o report
  safelight compare export play -o two-agents --players people --players agent:mine --players agent:pretrained
  safelight compare export play -o rehearsal --players robots,agents
"""
)
@click.argument("folders", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="EXPORT [MORE]...")
@click.option("-o", "--output", type=click.Path(path_type=Path), required=True, help="A new folder for the report.")
@click.option(
    "--players",
    multiple=True,
    metavar="NAMES",
    help="Who is compared, the first with all others: people, robots, experts, agent:NAME, or agents for each of them; "
    "several with commas or as several options. People with every agent, if not given.",
)
@click.option(
    "--agent",
    "agents",
    type=click.Path(path_type=Path),
    multiple=True,
    help="An agent to foretell people's next filters, move by move: a run's folder, or pretrained.",
)
@click.option(
    "--unseen",
    is_flag=True,
    help="Leave out the people and photos that an agent learned people's play from: without it, there is no number for "
    "an agent that has seen some of them.",
)
@click.option(
    "--runs",
    type=click.Path(path_type=Path, exists=True),
    multiple=True,
    help="A run's folder, of one seed or several: each of its checkpoints plays the photos, and the report has their "
    "human-likeness over training, and its spread from run to run.",
)
@click.option(
    "--ablation",
    "ablations",
    type=click.Path(path_type=Path),
    multiple=True,
    help="A file that `safelight ablate --json` wrote, to stand in the report.",
)
@click.option(
    "--targets",
    type=click.Path(path_type=Path),
    help="A folder of finished pictures, or an export: how alike each side's pictures are to them as sets, by the "
    "paper's histogram intersection.",
)
@click.option("--seed", type=click.IntRange(min=0), help="Seed of all that is drawn: 0, if not given.")
@click.option(
    "--plan",
    "plan_file",
    type=click.Path(path_type=Path),
    help="A plan that was fixed before the data, as JSON: players, distance, seed, people, photos, exclusions. The "
    "report says what departs from it.",
)
@click.option(
    "--photos",
    type=click.IntRange(min=0),
    default=3,
    show_default=True,
    help="How many photos to show film strips of: from the one on which an agent is nearest to people to the one on "
    "which it is furthest.",
)
@click.option(
    "--episodes",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="How many episodes a photo to show, of each side: the most typical.",
)
def command(
    folders: tuple[Path, ...],
    output: Path,
    players: tuple[str, ...],
    agents: tuple[Path, ...],
    unseen: bool,
    runs: tuple[Path, ...],
    ablations: tuple[Path, ...],
    targets: Path | None,
    seed: int | None,
    plan_file: Path | None,
    photos: int,
    episodes: int,
) -> None:
    """Say how like people an agent plays, by the play in one or more snapshots.

    Snapshots are the folders that an export of the site and `safelight play` write. Human-likeness is 0 for a random
    legal player and 1 for another person; the report has its interval, baselines on the same scale, tests, and what
    both did in detail. Kinds of players never mix, and robots are never people: where nobody else has played,
    --players robots,agents puts them in people's place, and the report says so.

    Writes report.html (one page to open in a browser, nothing else needed), comparison.json (all numbers), and the main
    tables as CSV and LaTeX.
    """
    from threadpoolctl import threadpool_limits

    from editing.files import check_free
    from editing.photos.photo_error import PhotoError
    from editing.trajectories.schemas import InvalidSnapshot
    from learning.agent.checkpoint import CheckpointError
    from learning.comparison.ablations import read_ablation
    from learning.comparison.plan import Plan, departures, read_plan
    from learning.comparison.report import write_report
    from learning.comparison.sides import ComparisonError, read_play
    from learning.photos.sets import PhotoSetError

    chosen = [name.strip() for names in players for name in names.split(",")]
    with (
        clear_errors(ComparisonError, InvalidSnapshot, PhotoError, PhotoSetError, CheckpointError, OSError),
        # Matrices are small here: threads would wait for one another.
        threadpool_limits(1, user_api="blas"),
    ):
        check_free(output)
        plan = read_plan(plan_file) if plan_file else Plan()
        chosen = chosen or list(plan.players)
        seed = plan.seed if seed is None else seed
        everybody = read_play(folders)
        people, others, trained_on = _choose(everybody, chosen, agents, unseen=unseen)
        intersections = _intersect(people, others, targets, seed)
        numbers = _compare(people, others, seed, plan.distance, trained_on)
        numbers["targets"] = intersections
        numbers["moves"] = _match_moves(people, agents, seed, numbers["notes"])
        numbers["runs"] = _compare_runs(people, runs, seed, plan.distance, numbers["notes"])
        numbers["ablations"] = {path.stem: read_ablation(path) for path in ablations}
        if plan_file:
            departed = departures(plan, chosen, seed, everybody, numbers)
            numbers["plan"] = {"sha256": plan.sha256, "departures": departed}
        numbers["made_by"] = {"command": _command_line(), "versions": _versions()}
        write_report(output, numbers, _page(people, others, numbers, photos, episodes))
    for sentence in (*numbers["notes"], numbers["answer"]):
        click.echo(sentence)
    click.echo(f"{output / 'report.html'}: open it in a browser; the numbers are in comparison.json beside it")


def _choose(
    everybody: Side, chosen: Sequence[str], agents: Sequence[Path], *, unseen: bool
) -> tuple[Side, Sequence[Side], Mapping[str, TrainingData]]:
    """Return whom the others are compared with, and those; print it. Beside them what agents were trained on."""
    from learning.comparison.overlap import leave_out_seen, training_of_runs
    from learning.comparison.sentences import who_is_compared
    from learning.comparison.sides import choose_players

    people, others = choose_players(everybody, chosen)
    trained_on = {**training_of_runs(agents), **everybody.trained_on}
    if unseen:
        people, others = leave_out_seen(people, others, trained_on)
    for sentence in who_is_compared(everybody, people, others):
        click.echo(sentence)
    return people, others, trained_on


def _compare(
    people: Side, others: Sequence[Side], seed: int, distance: str, trained_on: Mapping[str, TrainingData]
) -> dict[str, Any]:
    """Return the numbers of a comparison, with the answer in a sentence; a bar shows how far it is."""
    from rich.console import Console
    from rich.progress import track

    from learning.comparison.compare import compare
    from learning.comparison.overlap import find_overlaps
    from learning.comparison.sentences import answer, halving, stand_in

    console = Console(stderr=True)
    numbers = compare(
        people,
        others,
        seed,
        lambda work: track(
            work, "Measuring distances", console=console, transient=True, disable=not console.is_terminal
        ),
        distance,
        find_overlaps(people, others, trained_on),
    )
    numbers["answer"] = " ".join(filter(None, (answer(numbers)["sentence"], stand_in(people.label))))
    numbers["planning"] = halving(people.label, numbers["halving"])
    return numbers


def _page(people: Side, others: Sequence[Side], numbers: Mapping[str, Any], photos: int, episodes: int) -> str:
    """Return the report, with film strips of so many photos, by so many episodes of each side."""
    from learning.comparison.film_strips import film_strips
    from learning.comparison.report import render

    strips = {
        side.label: film_strips(
            people, side, numbers["side_by_side"][side.label]["color_difference"]["photos"], photos, episodes
        )
        for side in others
    }
    return render(numbers, strips)


def _command_line() -> str:
    """Return the command as it was given: folders and files by their names alone, the rest that was chosen as it is."""
    context = click.get_current_context()
    words = ["safelight", "compare"]
    for parameter in context.command.params:
        if parameter.name is None or parameter.name == "output":
            continue
        given = context.get_parameter_source(parameter.name) is ParameterSource.COMMANDLINE
        value = context.params.get(parameter.name)
        for entry in (value if isinstance(value, tuple) else (value,)) if given else ():
            text = entry.resolve().name if isinstance(entry, Path) else str(entry)
            named = parameter.opts[-1:] if isinstance(parameter, click.Option) else []
            words += named if entry is True else [*named, text]
    return shlex.join([*words, "-o", "report"])


def _intersect(people: Side, others: Sequence[Side], targets: Path | None, seed: int) -> dict[str, Any] | None:
    """Return how alike the sides' pictures are to the targets as sets; nothing without targets."""
    if targets is None:
        return None
    from learning.comparison.compare import rounded
    from learning.comparison.target_set import intersections

    result: dict[str, Any] = rounded(intersections(people, others, targets, seed))
    return result


def _compare_runs(
    people: Side, runs: Sequence[Path], seed: int, distance: str, notes: list[str]
) -> dict[str, Any] | None:
    """Return human-likeness over training; torch is imported for that."""
    if not runs:
        return None
    from learning.comparison.runs import compare_runs

    result, more = compare_runs(people, runs, seed, distance)
    notes += more
    return result


def _match_moves(people: Side, agents: Sequence[Path], seed: int, notes: list[str]) -> dict[str, Any]:
    """Return how well each agent foretells people's moves, by the name of its folder; torch is imported for that.

    An agent that was trained on these people or photos foretells nothing: a note says so.
    """
    if not agents:
        return {}
    from learning.agent.checkpoint import load_agent
    from learning.comparison.compare import rounded
    from learning.comparison.moves import match_moves
    from learning.comparison.overlap import overlap_of_run
    from learning.comparison.sentences import why_refused

    moves = {}
    for path in agents:
        overlap = overlap_of_run(people, path)
        if overlap.refused:
            why = why_refused(people.label, overlap.people, overlap.photos)
            notes.append(f"{path.name} foretells no moves: {why}")
        else:
            moves[path.name] = rounded(match_moves(people, load_agent(path), seed))
    return moves


def _versions() -> dict[str, str]:
    """Return the versions of the program, of the filters, of Python and of the libraries that do the arithmetic."""
    own = {"safelight": version("safelight"), "filters": str(VERSION), "Python": platform.python_version()}
    return own | {name: version(name) for name in ("numpy", "scipy")}
