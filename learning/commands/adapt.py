"""``safelight adapt``."""

from __future__ import annotations

from pathlib import Path

import click

from learning.commands.options import clear_errors


@click.command(
    epilog="""\b
Examples:
  safelight adapt export --person p-3f9c --agent runs/people -o runs/like-p-3f9c
  safelight play --agent runs/like-p-3f9c photos -o play
"""
)
@click.argument("export", type=click.Path(path_type=Path, exists=True, file_okay=False))
@click.option(
    "--agent", "run_folder", type=click.Path(path_type=Path), required=True, help="A run of safelight imitate."
)
@click.option("--person", required=True, metavar="NAME", help="Who: the player, as the export has them.")
@click.option(
    "--players",
    type=click.Choice(["people", "robots", "experts"]),
    default="people",
    show_default=True,
    help="What the person is.",
)
@click.option("-o", "--out", type=click.Path(path_type=Path), required=True, help="A new folder, for the run.")
def command(export: Path, run_folder: Path, person: str, players: str, out: Path) -> None:
    """Fit the model of people of --agent to one PERSON of EXPORT, who has finished eight photos at least.

    The model stays as it is; six numbers beside it say who plays, which person.json in the run's folder has too. They
    are personal data, as the play is.
    """
    import json
    from dataclasses import asdict

    from editing.files import check_free, write_atomically
    from editing.photos.photo_error import PhotoError
    from editing.trajectories.schemas import InvalidSnapshot
    from learning.agent.checkpoint import (
        BEST,
        IMITATION,
        WEIGHTS,
        CheckpointError,
        begin_run,
        load_people_model,
        save_checkpoint,
    )
    from learning.agent.training_data import TRAINED_ON, TrainingData
    from learning.comparison.sides import ComparisonError
    from learning.imitation.adapting import adapted, fit_person
    from learning.imitation.moves import TooLittle, read_play

    with clear_errors(InvalidSnapshot, PhotoError, ComparisonError, TooLittle, CheckpointError, OSError):
        check_free(out)
        model, checkpoint = load_people_model(run_folder)
        play = read_play(export, players)
        if person not in play.people:
            raise TooLittle(f"{export} holds no treatment by {person}, among {len(play.people)} {players}")
        own = play.of([person], play.photos)
        fitted = fit_person(model, own)
        before = TrainingData.from_json(checkpoint.config.get(TRAINED_ON)) or TrainingData()
        about = {
            "recipe": IMITATION,
            "training": checkpoint.config["training"],
            "model": checkpoint.sha256,
            TRAINED_ON: (before | TrainingData.of(own.photos, [person])).to_json(),
        }
        begin_run(out, checkpoint.widths, about)
        weights = {
            f"agent{WEIGHTS}{name}": value for name, value in adapted(model, fitted.numbers).state_dict().items()
        }
        save_checkpoint(out / BEST, weights, dict(checkpoint.about))
        about_person = asdict(fitted) | {"numbers": fitted.numbers.tolist()}
        write_atomically(out / "person.json", (json.dumps(about_person, indent=1) + "\n").encode())
    click.echo(
        f"Fitted to {fitted.moves} moves on {fitted.photos} photos: {fitted.personal:.3f} nats a move, "
        f"by the population {fitted.population:.3f}. The model that plays as {person} is in {out}."
    )
