"""``safelight imitate``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from learning.commands.options import clear_errors

if TYPE_CHECKING:
    from learning.imitation.imitating import ImitationConfig
    from learning.imitation.moves import Play, Split
    from learning.robots.synthetic_people import Taste

JUDGEMENT = "imitation.json"


@click.command(
    epilog="""\b
Examples:
  safelight imitate export -o runs/people
  safelight imitate export -o runs/people --resume
  safelight imitate synthetic -o runs/robots --players robots
  safelight play --agent runs/people photos -o play --samples 8
"""
)
@click.argument("export", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option("-o", "--out", type=click.Path(path_type=Path), required=True, help="A new folder, for the run.")
@click.option("--resume", is_flag=True, help="Continue the run in OUT, with the settings that it was begun with.")
@click.option(
    "--players",
    type=click.Choice(["people", "robots", "experts"]),
    default="people",
    show_default=True,
    help="Whose play is learned from.",
)
@click.option("--iterations", type=click.IntRange(1), default=200, show_default=True, help="How long to learn.")
@click.option("--width", type=click.IntRange(1, 64), default=2, show_default=True, help="First convolution's channels.")
@click.option("--seed", type=click.IntRange(0, 2**63 - 1), default=0, show_default=True, help="Of all that is drawn.")
@click.pass_context
def command(context: click.Context, /, export: Path, out: Path, resume: bool, **settings: Any) -> None:
    """Learn from EXPORT what people do next: the filter, or to stop, and how they set its sliders.

    15 % of the people and of the photos are held out. On them the model is judged, in nats a move and by how
    often its likeliest filter is the one taken, against how often people do what (the marginal), against the person
    learned from who is most alike, and for synthetic people against their own policy. The figures are kept in
    imitation.json. The model plays by safelight play, and may stop, as people do.
    """
    from editing.files import check_free
    from editing.trajectories.schemas import InvalidSnapshot
    from learning.agent.checkpoint import CheckpointError
    from learning.comparison.sides import ComparisonError
    from learning.imitation.imitating import ImitationConfig
    from learning.imitation.moves import TooLittle, read_play, split_play
    from learning.training.trainer import TrainingDiverged

    with clear_errors(ComparisonError, InvalidSnapshot, TooLittle, CheckpointError, TrainingDiverged, OSError):
        if not resume:
            check_free(out)
        config = _config_of_run(context, out) if resume else ImitationConfig(**settings)
        play = read_play(export, config.players)
        _imitate(export, out, config, split_play(play, config.seed), play, resume=resume)


def _config_of_run(context: click.Context, out: Path) -> ImitationConfig:
    """Return the settings that a run was begun with; an option given now must say the same."""
    from click.core import ParameterSource

    from learning.agent.checkpoint import IMITATION, CheckpointError, read_config
    from learning.imitation.imitating import ImitationConfig

    config = read_config(out)
    if config.get("recipe") != IMITATION:
        raise CheckpointError(f"{out} is not a run of safelight imitate")
    stored = {name: config["training"].get(name) for name in ImitationConfig.__dataclass_fields__}
    for name, value in context.params.items():
        given = context.get_parameter_source(name) is ParameterSource.COMMANDLINE
        if given and name in stored and stored[name] != value:
            raise click.UsageError(f"the run in {out} was begun with {name} {stored[name]}, not {value}")
    return ImitationConfig(**stored)


def _imitate(export: Path, out: Path, config: ImitationConfig, split: Split, play: Play, *, resume: bool) -> None:
    import torch

    from editing.files import write_atomically
    from learning.agent.checkpoint import IMITATION, CheckpointError, begin_run, load_people_model, read_config
    from learning.agent.training_data import TRAINED_ON, TrainingData
    from learning.imitation.imitating import ImitationTrainer
    from learning.imitation.judging import judge, lines_of
    from learning.imitation.running import run

    # One thread: the same bits on every machine of a kind, and these networks are small.
    torch.set_num_threads(1)
    trainer = ImitationTrainer(config, split)
    digest = _digest(play)
    if not resume:
        photos = [*split.trained.photos, *split.validation.photos]
        about = {
            "recipe": IMITATION,
            "training": config.to_json(),
            "play": digest,
            TRAINED_ON: TrainingData.of(photos, split.trained.people).to_json(),
        }
        begin_run(out, config.widths, about)
    elif read_config(out).get("play") != digest:
        raise CheckpointError(f"the play in {export} is not what the run in {out} was begun with; begin another run")
    click.echo(
        f"{len(play.games)} treatments by {len(play.people)} {config.players} of {len(play.photos)} photos; "
        f"{len(trainer.moves)} moves of {len(split.trained.people)} are learned from."
    )
    try:
        run(out, trainer, click.echo, config.check_every)
    except KeyboardInterrupt:
        click.echo(f"Stopped in iteration {trainer.iteration}; --resume continues from the last checkpoint.")
        raise SystemExit(130) from None
    model, _ = load_people_model(out)
    judgement = judge(model, split, planted_tastes(export), config.seed)
    text = json.dumps(judgement.to_json(), indent=1, ensure_ascii=False)
    write_atomically(out / JUDGEMENT, f"{text}\n".encode())
    for line in lines_of(judgement):
        click.echo(line)
    click.echo(f"The model is in {out}; safelight play --agent {out} lets it play.")


def _digest(play: Play) -> str:
    """Return the SHA-256 of what was played, for a run that is resumed."""
    import hashlib

    told = [(g.player, g.photo, [(s.filter, dict(s.parameters)) for s in g.steps]) for g in play.games]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()


def planted_tastes(export: Path) -> dict[str, Taste]:
    """Return the planted tastes by name, where the export is of synthetic people; else none."""
    from editing.trajectories.reading import open_snapshot
    from learning.robots.synthetic_people import Taste
    from learning.robots.synthetic_play import MANIFEST_KEY

    planted = open_snapshot(export).manifest.get(MANIFEST_KEY)
    return {name: Taste.from_json(taste) for name, taste in planted.items()} if isinstance(planted, dict) else {}
