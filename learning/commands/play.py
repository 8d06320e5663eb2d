"""``safelight play``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from learning.commands.options import agent_option, clear_errors, photo_options, scheduler_option

if TYPE_CHECKING:
    import torch

    from editing.photos.read_options import ReadOptions
    from editing.trajectories.reading import TrainedOn
    from learning.agent.checkpoint import Checkpoint
    from learning.agent.episodes import PlayPhotos

Rows = list[dict[str, Any]]


@click.command(
    epilog="""\b
Examples:
  safelight play --agent runs/first export -o play
  safelight play --agent runs/first photos another.cr2 -o play-of-photos --samples 3
  safelight play --agent runs/first npy -o play-of-arrays --transfer linear --primaries prophoto
  safelight play --agent pretrained /photos -o /played --scheduler tcp://10.0.0.7:8786
"""
)
@click.argument("photos", nargs=-1, required=True, type=click.Path(path_type=Path))
@agent_option(required=True)
@click.option("-o", "--out", type=click.Path(path_type=Path), required=True, help="A new folder, for the play.")
@click.option("--name", help="The player is agent:NAME; by default the name of the run's folder.")
@click.option("--seed", type=click.IntRange(0, 2**63 - 1), default=0, show_default=True, help="Of the dropout.")
@click.option("--samples", type=click.IntRange(1), default=1, show_default=True, help="Games on each photo.")
@click.option("--batch", type=click.IntRange(1), default=64, show_default=True, help="Games played at once.")
@click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda, cuda:1 ...")
@scheduler_option
@photo_options
def command(
    photos: tuple[Path, ...],
    run: Path,
    out: Path,
    name: str | None,
    seed: int,
    samples: int,
    batch: int,
    device: str,
    scheduler: str | None,
    read_options: ReadOptions,
) -> None:
    """Let a trained agent play the game on PHOTOS: files and folders, or one export.

    Its trajectories are written in the form of an export, which the site imports. The same agent, photos and seed give
    the same rows, whatever the batch, but for the time at which they were played. With --scheduler the machines of a
    Dask cluster read the photos, which takes nearly all of the time; they must have safelight installed, and see
    photos and folder under the same paths.
    """
    import tempfile

    from editing.files import check_free
    from editing.photos.photo_error import PhotoError
    from editing.trajectories.schemas import InvalidSnapshot
    from learning.agent.checkpoint import CheckpointError, load_agent
    from learning.cluster import ClusterError
    from learning.device import DeviceError, choose_device
    from learning.photos.sets import PhotoSetError

    if scheduler:
        photos, out = tuple(path.resolve() for path in photos), out.resolve()
    with clear_errors(PhotoError, PhotoSetError, InvalidSnapshot, CheckpointError, ClusterError, DeviceError, OSError):
        check_free(out)
        checkpoint = load_agent(run)
        torch_device = choose_device(device)
        out.parent.mkdir(parents=True, exist_ok=True)
        # Beside the result, where there is room for it: previews take 4 MB a photo.
        with tempfile.TemporaryDirectory(prefix=f".{out.name}-previews-", dir=out.parent) as previews:
            play_photos = _find_photos(photos, read_options, Path(previews), scheduler)
            for line in (*play_photos.unreadable, *play_photos.notes):
                click.echo(f"Left out: {line}", err=True)
            player = name or run.resolve().name
            _print_checkpoint(checkpoint, player)
            episodes, steps, events = _play(checkpoint, play_photos, (player, seed, samples, batch), torch_device)
            about = {"made_by": f"safelight play, agent:{player}"}
            _write(out, play_photos, (episodes, steps, events), about, _trained_on(checkpoint))
    click.echo(f"agent:{player} played {len(episodes)} games on {len(play_photos.rows)} photos; they are in {out}.")


def _print_checkpoint(checkpoint: Checkpoint, player: str) -> None:
    """Say which of a run's checkpoints plays: the best where there was something to score by."""
    about = checkpoint.about
    score = (
        f", held-out score {about['best_score']:.1f}" if about.get("best_score") and checkpoint.kind == "best" else ""
    )
    click.echo(
        f"agent:{player} is the {checkpoint.kind} checkpoint, of {about.get('iterations_done')} iterations{score}."
    )


def _find_photos(
    photos: tuple[Path, ...], read_options: ReadOptions, previews: Path, scheduler: str | None
) -> PlayPhotos:
    from editing.trajectories.reading import is_snapshot
    from learning.agent.episodes import photos_of_export, photos_of_files

    exports = [path for path in photos if is_snapshot(path)]
    if not exports:
        return photos_of_files(photos, read_options, previews, scheduler)
    if len(photos) > 1:
        raise click.UsageError(f"{exports[0]} is an export; name one export alone, or photos and folders of photos")
    return photos_of_export(exports[0])


def _play(
    checkpoint: Checkpoint, photos: PlayPhotos, options: tuple[str, int, int, int], device: torch.device
) -> tuple[Rows, Rows, Rows]:
    """Return the rows of all games, in the order of the photos."""
    from datetime import UTC, datetime

    from learning.agent.episodes import OWN_STUDY, Player
    from learning.agent.games import GameRequest
    from learning.agent.playing import play_all
    from learning.photos.sets import preview_view, results_with_progress

    name, seed, samples, batch = options
    agent = checkpoint.agent.to(device).double()
    player = Player(name, checkpoint, seed, datetime.now(UTC).replace(microsecond=0))
    previews = [photos.previews[photo["preview_sha256"]] for photo in photos.rows]
    views = results_with_progress(preview_view, previews, "Playing")
    requests = (
        GameRequest(photo["sha256"], sample, view)
        for photo, view in zip(photos.rows, views, strict=True)
        for sample in range(samples)
    )
    episodes: Rows = []
    steps: Rows = []
    events: Rows = []
    for request, played in play_all(agent, checkpoint.widths, requests, seed, batch):
        study = photos.studies.get(request.photo, OWN_STUDY)
        episode, own_steps, own_events = player.game_rows(request, study, played)
        episodes.append(episode)
        steps += own_steps
        events += own_events
    return episodes, steps, events


def _trained_on(checkpoint: Checkpoint) -> dict[str, TrainedOn]:
    """Return what is told of the agent's training, by the checkpoint that its episodes name."""
    from learning.agent.training_data import TRAINED_ON, TrainingData

    data = TrainingData.from_json(checkpoint.config.get(TRAINED_ON))
    return {checkpoint.sha256: data.to_json()} if data else {}


def _write(
    out: Path,
    photos: PlayPhotos,
    games: tuple[Rows, Rows, Rows],
    manifest: dict[str, Any],
    trained_on: dict[str, TrainedOn],
) -> None:
    from editing.trajectories.snapshot import write_snapshot

    episodes, steps, events = games
    write_snapshot(
        out,
        episodes=episodes,
        steps=steps,
        events=events,
        photos=photos.rows,
        previews=photos.previews,
        manifest=manifest,
        trained_on=trained_on,
    )
