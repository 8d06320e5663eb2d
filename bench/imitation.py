"""What is learned from synthetic people, by the commands: ``python -m bench.imitation [--people N --seed N ...]``.

Nothing here was looked at while the settings were chosen: people and scenes are of seeds of their own, the policy of
``safelight prefer`` is tried on scenes that neither the model nor any pair has seen, and the adapter on other people on
other scenes again. Each figure is of one seed; its note says how many it is of.
"""

import json
import os
import sys
import tempfile
from argparse import ArgumentParser
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from rich.console import Console
from scipy import stats

from bench.figures import Figure
from editing.game.filters import apply_steps
from editing.photos.preview import agent_view, load_preview
from learning.agent.checkpoint import load_agent
from learning.agent.games import GameRequest
from learning.agent.people_model import PeopleModel
from learning.agent.playing import play
from learning.command_line import main as safelight
from learning.commands.imitate import JUDGEMENT, planted_tastes
from learning.imitation.adapting import FEWEST_PHOTOS, left_out_gain
from learning.imitation.imitating import ImitationConfig
from learning.imitation.judging import POPULATION, judge
from learning.imitation.moves import Play, read_play, split_play
from learning.robots.synthetic_people import TASTES, appeal
from learning.robots.synthetic_photos import make_photos

TEMPERAMENT = "careful"


@dataclass(frozen=True)
class Sizes:
    """How much is measured; by default what ``docs/learning-from-people.md`` tells of.

    Attributes:
        people, each, scenes: of the export that is learned from.
        iterations: of the model, of the reward and of the policy.
        others: people who are fitted, on as many photos as an adapter takes and one more.
        unseen: scenes that the policies play, ``samples`` times each.
        seed: of the export; the other people and scenes are of the seeds after it.
    """

    people: int = 100
    each: int = 20
    scenes: int = 250
    iterations: tuple[int, int, int] = (200, 200, 300)
    others: int = 100
    unseen: int = 60
    samples: int = 4
    seed: int = 100


SMALL = Sizes(30, 12, 60, (60, 40, 60), others=30, unseen=20, samples=2)


def measure(sizes: Sizes = SMALL) -> dict[str, Figure]:
    """Make an export, learn from it by the commands, and try what was learned; small, as a part of ``make bench``."""
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        export, people, preferred = folder / "export", folder / "people", folder / "preferred"
        _synthetic(export, sizes.people, sizes.each, sizes.scenes, sizes.seed)
        model, reward, policy = sizes.iterations
        _run("imitate", export, "-o", people, "--players", "robots", "--iterations", model)
        counts = ("--iterations", policy, "--reward-iterations", reward)
        _run("prefer", export, "--agent", people, "-o", preferred, "--players", "robots", *counts)
        others = folder / "others"
        _synthetic(others, sizes.others, FEWEST_PHOTOS + 1, max(60, FEWEST_PHOTOS + 1), sizes.seed + 1)
        judged = json.loads((preferred / "preferences.json").read_text(encoding="utf-8"))
        return (
            _imitation(people, export, others, sizes)
            | _reward(judged)
            | _policy(people, preferred, folder / "scenes", sizes)
            | _adapter(people, others)
        )


def _run(*arguments: object) -> None:
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
        told, sys.stdout = sys.stdout, nowhere
        try:
            safelight.main([str(argument) for argument in arguments], standalone_mode=False)
        finally:
            sys.stdout = told


def _synthetic(out: Path, people: int, each: int, scenes: int, seed: int) -> None:
    counts = ("--people", people, "--each", each, "--scenes", scenes, "--seed", seed)
    _run("synthetic-people", "-o", out, "--temperament", TEMPERAMENT, *counts)


def _imitation(run: Path, export: Path, others: Path, sizes: Sizes) -> dict[str, Figure]:
    """By how much the gap is closed on the few moves that the command itself held out, and on all of other people's.

    The command has a fiftieth of the play to judge by; by other people on other scenes it is told far more exactly.
    """
    command = json.loads((run / JUDGEMENT).read_text(encoding="utf-8"))
    held_out = read_play(others, "robots")
    split = split_play(read_play(export, "robots"), ImitationConfig.seed)
    split = replace(split, held_out=held_out, known=Play((), held_out.views))
    judgement = judge(_model(run), split, planted_tastes(export) | planted_tastes(others), sizes.seed)
    return _closed("held_out", command, sizes) | _closed("others", judgement.to_json(), sizes)


def _closed(name: str, judged: Mapping[str, Any], sizes: Sizes) -> dict[str, Figure]:
    nats = {name: figures["log_likelihood"]["value"] for name, figures in judged["forecasts"].items()}
    tops = {name: figures["top_1"]["value"] for name, figures in judged["forecasts"].items()}
    of = f"{judged['moves']} moves of {judged['people']} other people on {judged['photos']} other photos"
    note = "; ".join(f"{name} {nats[name]:.2f} nats, {100 * tops[name]:.0f} %" for name in nats)
    found = {}
    for ceiling, closed in judged["closed"].items():
        against = f"marginal to {ceiling}, from {sizes.people * sizes.each:,} treatments"
        interval = "" if closed["low"] is None else f" ({closed['low']:.2f} .. {closed['high']:.2f})"
        key = f"imitation.gap_closed.{name}.{'population' if ceiling == POPULATION else 'own'}"
        found[key] = Figure(closed["value"], "", against, f"{of}{interval}: {note}")
    return found


def _reward(judged: Mapping[str, Any]) -> dict[str, Figure]:
    if "agreement" not in judged:
        return {}
    note = f"{judged['held_out']} pairs by other people on other photos, {judged['learned_from']} learned from"
    return {"imitation.reward_agreement": Figure(judged["agreement"], "", "what people kept", note)}


def _policy(before: Path, after: Path, folder: Path, sizes: Sizes) -> dict[str, Figure]:
    """By how much the planted reward is higher, paired by scene: a scene's games are no two tries."""
    folder.mkdir()
    _, previews = make_photos(folder, sizes.unseen, sizes.seed + 2)
    views = {digest: agent_view(load_preview(path)) for digest, path in sorted(previews.items())}
    found = [_rewards(run, views, sizes) for run in (before, after)]
    difference = found[1] - found[0]
    t, p = stats.ttest_1samp(difference, 0, alternative="greater")
    note = (
        f"{found[0].mean():.2f} to {found[1].mean():.2f} on {sizes.unseen} unseen scenes, {sizes.samples} games each; "
        f"paired by scene: t = {t:.1f}, one-sided p = {p:.2g}"
    )
    return {"imitation.policy_gain": Figure(float(difference.mean()), "planted reward", "the imitated policy", note)}


def _rewards(run: Path, views: Mapping[str, NDArray[np.float32]], sizes: Sizes) -> NDArray[np.float64]:
    """(scenes,) the mean planted reward of a run's games on each."""
    checkpoint = load_agent(run)
    requests = [GameRequest(photo, sample, view) for photo, view in views.items() for sample in range(sizes.samples)]
    games = play(checkpoint.agent.double(), checkpoint.widths, requests, sizes.seed)
    rewards = [
        appeal(TASTES[TEMPERAMENT], apply_steps(request.view, [played.step for played in game]))
        for request, game in zip(requests, games, strict=True)
    ]
    means: NDArray[np.float64] = np.array(rewards).reshape(len(views), sizes.samples).mean(axis=1)
    return means


def _adapter(people: Path, others: Path) -> dict[str, Figure]:
    gains = left_out_gain(_model(people), read_play(others, "robots"))
    p = stats.ttest_1samp(gains, 0, alternative="greater").pvalue
    note = f"{np.mean(gains):+.3f} nats a move; Wilcoxon p = {stats.wilcoxon(gains, alternative='greater').pvalue:.2g}"
    against = f"the population's model, {len(gains)} people's ninth photo"
    return {"imitation.adapter_p": Figure(float(p), "one-sided p", against, note)}


def _model(run: Path) -> PeopleModel:
    model = load_agent(run).agent
    assert isinstance(model, PeopleModel)  # noqa: S101 (tells the type)
    return model


def main(arguments: list[str]) -> int:
    """Measure at other sizes, and print the figures."""
    full = Sizes()
    parser = ArgumentParser(prog="python -m bench.imitation", description=measure.__doc__)
    parser.add_argument("--small", action="store_true", help="what make bench measures: a minute or two")
    for name in ("people", "each", "scenes", "others", "unseen", "samples", "seed"):
        parser.add_argument(
            f"--{name}", type=int, help=f"by default {getattr(full, name)}, small {getattr(SMALL, name)}"
        )
    chosen = vars(parser.parse_args(arguments))
    sizes = SMALL if chosen.pop("small") else full
    given = {name: value for name, value in chosen.items() if value is not None}
    console = Console(width=None if sys.stdout.isatty() else 200)
    for name, figure in measure(Sizes(**(vars(sizes) | given))).items():
        console.print(f"{name}: {figure.value:.3g} {figure.unit}, against {figure.against}\n    {figure.note}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
