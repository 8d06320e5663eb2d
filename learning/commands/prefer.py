"""``safelight prefer``."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from learning.commands.options import clear_errors
from learning.commands.preferences import KINDS

if TYPE_CHECKING:
    from learning.agent.checkpoint import Checkpoint
    from learning.agent.training_data import TrainingData
    from learning.imitation.preferences import Preferences
    from learning.imitation.preferring import PairSplit, PreferenceConfig

JUDGEMENT = "preferences.json"


@click.command(
    epilog="""\b
Examples:
  safelight prefer export --agent runs/people -o runs/preferred
  safelight prefer export --agent runs/people -o runs/preferred --resume
  safelight prefer synthetic --players robots --agent runs/people -o runs/preferred-by-robots
"""
)
@click.argument("export", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option(
    "--agent", "run_folder", type=click.Path(path_type=Path), required=True, help="A run of safelight imitate."
)
@click.option("-o", "--out", type=click.Path(path_type=Path), required=True, help="A new folder, for the run.")
@click.option("--resume", is_flag=True, help="Continue the run in OUT, with the same options.")
@click.option(
    "--players", type=click.Choice(list(KINDS)), default="people", show_default=True, help="Whose preferences."
)
@click.option(
    "--beta", type=click.FloatRange(0, min_open=True), default=0.2, show_default=True, help="The less, the further."
)
@click.option("--iterations", type=click.IntRange(1), default=300, show_default=True, help="Of the policy.")
@click.option(
    "--reward-iterations", type=click.IntRange(1), default=200, show_default=True, help="Of the reward model."
)
@click.option("--seed", type=click.IntRange(0, 2**63 - 1), default=0, show_default=True, help="Of all that is drawn.")
def command(export: Path, run_folder: Path, out: Path, resume: bool, **settings: Any) -> None:
    """Learn from EXPORT what people prefer: a reward of pictures, and a model of people that does what they prefer.

    The pairs are those of safelight dataset preferences. The reward model is a critic in OUT/critic: reward=OUT of the
    environments. The policy is the model of people of --agent, improved by direct preference optimisation, with itself
    as the reference: safelight play --agent OUT. How far both agree with pairs by other people on other photos is kept
    in preferences.json.
    """
    from editing.files import check_free
    from editing.photos.photo_error import PhotoError
    from editing.trajectories.schemas import InvalidSnapshot
    from learning.agent.checkpoint import CheckpointError
    from learning.imitation.moves import TooLittle
    from learning.imitation.preferring import PreferenceConfig
    from learning.training.trainer import TrainingDiverged

    expected = (InvalidSnapshot, PhotoError, TooLittle, CheckpointError, TrainingDiverged, OSError)
    with clear_errors(*expected):
        if not resume:
            check_free(out)
        _prefer(export, run_folder, out, PreferenceConfig(**settings), resume=resume)


def _prefer(export: Path, run_folder: Path, out: Path, config: PreferenceConfig, *, resume: bool) -> None:
    import torch

    from learning.agent.checkpoint import CRITIC, load_people_model
    from learning.agent.training_data import TRAINED_ON, TrainingData
    from learning.imitation.preferences import read_preferences
    from learning.imitation.preferring import PolicyTrainer, RewardTrainer, split_pairs
    from learning.imitation.running import run

    torch.set_num_threads(1)
    model, checkpoint = load_people_model(run_folder)
    preferences = read_preferences(export, KINDS[config.players])
    before = TrainingData.from_json(checkpoint.config.get(TRAINED_ON)) or TrainingData()
    split = split_pairs(preferences, config.seed, before)
    begun = {"preferences": config.to_json(), "pairs": _digest(split), "reference": checkpoint.sha256}
    if resume:
        _check_begun(out, begun)
    else:
        _begin(out, config, checkpoint, split, before, begun)
    click.echo(
        f"{len(preferences.pairs)} pairs; {len(split.trained)} are learned from, {len(split.validation)} on other "
        f"photos choose the checkpoint, {len(split.held_out)} of other people and photos are held out."
    )
    try:
        click.echo("The reward model:")
        run(out / CRITIC, RewardTrainer(config, split, preferences), click.echo, config.check_every)
        click.echo("The policy:")
        policy = PolicyTrainer(config, model, checkpoint.widths, split, preferences)
        run(out, policy, click.echo, config.check_every)
    except KeyboardInterrupt:
        click.echo("Stopped; --resume continues from the last checkpoint.")
        raise SystemExit(130) from None
    _judge(out, split, preferences)
    click.echo(f"The policy is in {out}; reward={out} is the reward in the environments.")


def _digest(split: PairSplit) -> str:
    """Return the SHA-256 of pairs by their parts: a version that splits otherwise must not go on with a run."""
    lines = [json.dumps([pair.to_json() for pair in getattr(split, part.name)]) for part in fields(split)]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _check_begun(out: Path, begun: Mapping[str, Any]) -> None:
    """Refuse to go on with a run that was begun with something else."""
    from learning.agent.checkpoint import CheckpointError, read_config

    stored = read_config(out)
    for name, value in begun.items():
        if stored.get(name) != value:
            raise CheckpointError(f"the run in {out} was begun with other {name}; begin another run")


def _begin(
    out: Path,
    config: PreferenceConfig,
    checkpoint: Checkpoint,
    split: PairSplit,
    before: TrainingData,
    begun: Mapping[str, Any],
) -> None:
    """Make the folders of the policy and of the reward, which say what they have seen."""
    from learning.agent.checkpoint import CRITIC, IMITATION, PREFERENCES, begin_run
    from learning.agent.training_data import TRAINED_ON, TrainingData

    known = (*split.trained, *split.validation)
    own = TrainingData.of({pair.photo for pair in known}, {pair.player for pair in known})
    about = {"training": checkpoint.config["training"], TRAINED_ON: (before | own).to_json(), **begun}
    begin_run(out / CRITIC, config.reward_widths, {"recipe": PREFERENCES, TRAINED_ON: own.to_json()})
    begin_run(out, checkpoint.widths, {"recipe": IMITATION, **about})


def _judge(out: Path, split: PairSplit, preferences: Preferences) -> None:
    """Say, and write down, on how many of the held-out pairs the reward agrees."""
    from editing.files import write_atomically
    from learning.agent.checkpoint import load_critic
    from learning.imitation.preferring import agreement

    judged: dict[str, Any] = {"pairs": preferences.counts, "learned_from": len(split.trained)}
    if split.held_out:
        agreed = agreement(load_critic(out)[0], split.held_out, preferences)
        judged |= {"held_out": len(split.held_out), "agreement": agreed}
        click.echo(f"The reward agrees with {100 * agreed:.1f} % of {len(split.held_out)} held-out pairs.")
    text = json.dumps(judged, indent=1, ensure_ascii=False)
    write_atomically(out / JUDGEMENT, f"{text}\n".encode())
