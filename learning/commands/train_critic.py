"""``safelight train-critic``."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from learning.commands.options import agent_option, clear_errors, separate_photo_options
from learning.configuration import HIDDEN_PER_CHANNEL, Widths


@click.command(
    epilog="""\b
Examples:
  safelight train-critic --agent runs/first --inputs raws --targets edited --out runs/first/critic
  safelight train-critic --agent pretrained --inputs linear --targets finished --transfer linear --out critic
"""
)
@agent_option(required=True)
@click.option("--inputs", type=click.Path(), required=True, help="Photos as they were taken: a folder, or an export.")
@click.option("--targets", type=click.Path(), required=True, help="Finished pictures: a folder, or an export.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="A new folder, for the critic.")
@click.option(
    "--unprocess",
    type=click.FloatRange(0.1, 0.9),
    default=0.5,
    show_default=True,
    help="Turn this share of the finished pictures back into photos as they were taken, as more inputs.",
)
@click.option(
    "--width", type=click.IntRange(1, 256), default=8, show_default=True, help="First convolution's channels."
)
@click.option("--iterations", type=click.IntRange(1), default=600, show_default=True, help="How long to train.")
@click.option("--seed", type=click.IntRange(0, 2**63 - 1), default=0, show_default=True, help="Of all that is drawn.")
@click.option(
    "--cache",
    type=click.Path(path_type=Path, file_okay=False),
    envvar="SAFELIGHT_CACHE",
    help="Where photos are kept once they are decoded.  [default: safelight in your cache folder]",
)
@separate_photo_options
def command(run: Path, out: Path, width: int, iterations: int, seed: int, cache: Path | None, **settings: Any) -> None:
    """Train a critic against many players, as a reward of the environments: reward=OUT, or the run that OUT is in.

    It sees finished pictures, and what comes of photos that nobody touched, that were edited at random, by automatic
    levels, by one curve, or by the agent in all its ways. How good a result is, it learns from finished pictures that
    are turned back into photos. At the end it rates all of them on photos that it has not seen: that order is to be
    the one in which you would rate them. In a folder named critic in the agent's own, it is the reward of that run.
    """
    from editing.files import check_free
    from editing.photos.photo_error import PhotoError
    from editing.trajectories.schemas import InvalidSnapshot
    from learning.agent.checkpoint import CheckpointError, begin_run, load_agent, save_critic
    from learning.commands.train import read_sets
    from learning.photos.sets import PhotoSetError
    from learning.photos.unprocessing import with_unprocessed
    from learning.training import reward_critic
    from learning.training.validation import split

    with clear_errors(PhotoError, PhotoSetError, InvalidSnapshot, CheckpointError, OSError):
        check_free(out)
        checkpoint = load_agent(run)
        agent, widths = checkpoint.agent.double(), Widths(width, HIDDEN_PER_CHANNEL * width)
        sets = read_sets(settings, cache)
        squares = with_unprocessed(sets[0].squares, sets[1].squares, settings["unprocess"], seed)
        if squares.finished is None:
            raise PhotoSetError(f"{settings['targets']}: too few pictures to unprocess any; raise --unprocess")
        parts = zip(split(squares.inputs.photos, seed), split(squares.targets.photos, seed), strict=True)
        trained, held_out = (reward_critic.Photos.of(squares, *part) for part in parts)
        games = reward_critic.play_all_ways(agent, checkpoint.widths, trained.inputs, seed)
        results = [
            reward_critic.results_of(trained, played, reward_critic.STOPPED_EARLY, seed) for played in games.values()
        ]
        critic = reward_critic.train_critic(widths, trained.targets, results, iterations, seed)
        rated = {}
        if len(held_out.inputs) and len(held_out.targets):
            games = reward_critic.play_all_ways(agent, checkpoint.widths, held_out.inputs, seed)
            rated = reward_critic.ratings(critic, held_out, games)
            click.echo("On photos that it has not seen, the mean log probability of being finished:")
            for name, rating in rated.items():
                click.echo(f"{rating:7.2f}  {name}")
        training = {"iterations": iterations, "seed": seed, "unprocess": settings["unprocess"]}
        photos = [photo_set.digest for photo_set in sets]
        about = {"recipe": "critic", "agent": checkpoint.sha256, "training": training, "photos": photos}
        begin_run(out, widths, about | {"ratings": rated})
        save_critic(out, critic)
    click.echo(f"The critic is in {out}.")
