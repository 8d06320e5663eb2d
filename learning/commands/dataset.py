"""``safelight dataset``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from learning.commands.options import clear_errors
from learning.commands.partition import partition
from learning.commands.preferences import preferences

if TYPE_CHECKING:
    from collections.abc import Sequence

    from editing.trajectories.forgetting import Forgotten
    from editing.trajectories.reading import Snapshot

_EXPORT = click.Path(path_type=Path, exists=True, file_okay=False)
_ROWS_NAMED = 20
_LARGE = 1e9  # bytes


@click.group(
    epilog="""\b
Examples:
  safelight dataset info export
  safelight dataset validate export --sample 500
  safelight dataset merge export play -o both
  safelight dataset split export -o parts --by both --shares train=0.9,test=0.1
  safelight dataset render export 0b5c4f2e-7c1d-5a3e-8f46-2d1f6a9b0c7e --animate -o episode.webp
  safelight dataset convert export --to csv -o tables
  safelight dataset convert export --to hugging-face -o public --author 'A. Researcher' --licence 'CC BY 4.0'
  safelight dataset partition lab-v1 lab-v2 -o parts
  safelight dataset check last-year --against export
  safelight dataset forget last-year --by export
  safelight dataset receipts export --json receipts.json
  safelight dataset preferences export -o preferences.jsonl
"""
)
def command() -> None:
    """Look into exports and plays, check them, and make others of them. None is changed, but by ``forget``."""


command.add_command(partition)
command.add_command(preferences)


@command.command()
@click.argument("export", type=_EXPORT)
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def info(export: Path, *, as_json: bool) -> None:
    """Say what is in EXPORT: version, tables, players, what was left out."""
    from editing.trajectories.describing import described
    from editing.trajectories.reading import open_snapshot
    from editing.trajectories.schemas import InvalidSnapshot

    with clear_errors(InvalidSnapshot, OSError):
        about = described(open_snapshot(export))
    if as_json:
        click.echo(json.dumps(about, indent=1, ensure_ascii=False))
        return
    for name, value in about.items():
        if isinstance(value, dict):
            click.echo(f"{name}:")
            for key, count in value.items():
                click.echo(f"  {key}: {count:,}" if isinstance(count, int) else f"  {key}: {count}")
        else:
            click.echo(f"{name}: {value}")


@command.command()
@click.argument("export", type=_EXPORT)
@click.option("--sample", type=click.IntRange(1), help="Replay the events of so many episodes, not of all.")
@click.option("--seed", type=int, default=0, show_default=True, help="Which ones.")
@click.option(
    "--most",
    type=click.IntRange(1),
    default=20,
    show_default=True,
    help="Name so many rows of each check of a file, and count the others.",
)
def validate(export: Path, sample: int | None, seed: int, most: int) -> None:
    """Check EXPORT: files by their SHA-256, all rows, events by the rules of the game.

    Each thing that is wrong is a line that names file, row (counted from 0) and reason; of a file that was changed
    within all rules, that is said. Ends with status 1 where there is any. Episodes by a version of the filters that is
    not known are counted, and not replayed. With --sample, the receipts of
    participations, for which all events are needed, are not compared.
    """
    from editing.trajectories.reading import open_snapshot
    from editing.trajectories.schemas import InvalidSnapshot
    from editing.trajectories.validation import problems_of
    from editing.trajectories.versions import unknown_text

    wrong = 0
    with clear_errors(InvalidSnapshot, OSError):
        for problem in problems_of(export, sample, seed, most):
            click.echo(problem)
            wrong += 1
        episodes = open_snapshot(export).table("episodes", ["contract_version"])
    if wrong:
        raise click.exceptions.Exit(1)
    if left_out := unknown_text(episodes, "replayed"):
        click.echo(f"{export}: {left_out}")
    replayed = "all events" if sample is None else f"the events of at most {sample:,} episodes (seed {seed})"
    click.echo(f"{export}: nothing is wrong; {replayed} were replayed")


@command.command()
@click.argument("exports", type=_EXPORT, nargs=-1, required=True)
@click.option("-o", "--out", type=click.Path(path_type=Path), required=True, help="A new folder.")
def merge(exports: tuple[Path, ...], out: Path) -> None:
    """Write several EXPORTS as one: the versions of two studies, or people's play and an agent's.

    What several have is taken once, and must be the same in all.
    """
    from editing.trajectories.describing import rows_of_tables
    from editing.trajectories.merging import merge as merge_snapshots
    from editing.trajectories.reading import open_snapshot

    with clear_errors(ValueError, OSError):
        merged = merge_snapshots([open_snapshot(export) for export in exports], out)
    click.echo(f"{out}: {_counted(rows_of_tables(merged))}")


@command.command()
@click.argument("export", type=_EXPORT)
@click.option("-o", "--out", type=click.Path(path_type=Path), required=True, help="A new folder, of a folder a part.")
@click.option(
    "--by",
    type=click.Choice(["photo", "player", "both"]),
    default="photo",
    show_default=True,
    help="What no two parts share. By both, episodes whose photo and player fall into different parts are left out.",
)
@click.option(
    "--shares",
    default="train=0.8,validation=0.1,test=0.1",
    show_default=True,
    help="The parts, and how large each is to be, about.",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Another one gives another split.")
def split(export: Path, out: Path, by: str, shares: str, seed: int) -> None:
    """Split EXPORT into parts for learning that share no photo, no player, or neither.

    A photo or a player falls into the same part in every version of a study, for a seed.
    """
    from editing.trajectories.reading import open_snapshot
    from editing.trajectories.splitting import split as split_snapshot

    with clear_errors(ValueError, OSError):
        snapshot = open_snapshot(export)
        counts = split_snapshot(snapshot, out, _shares(shares), by, seed)
        left = snapshot.table("episodes", ["id"]).num_rows - sum(counts.values())
    for name, count in counts.items():
        click.echo(f"{out / name}: {count:,} episodes")
    if left:
        click.echo(f"{left:,} episodes are in no part: their photo and their player fall into different ones")


def _shares(text: str) -> dict[str, float]:
    """Read ``train=0.8,test=0.2``.

    Raises:
        ValueError: it is none.
    """
    shares: dict[str, float] = {}
    for entry in text.split(","):
        name, _, share = entry.strip().partition("=")
        if not name.isidentifier() or name in shares:
            raise ValueError(f"--shares: {entry.strip()!r} does not name a part as train=0.8, each once")
        try:
            shares[name] = float(share)
        except ValueError:
            raise ValueError(f"--shares: {share!r} of {name} is not a number") from None
    return shares


def _counted(rows: dict[str, int]) -> str:
    return ", ".join(f"{count:,} {name}" for name, count in rows.items())


FORMATS = ("csv", "hugging-face", "psych-ds", "minari")


@command.command()
@click.argument("export", type=_EXPORT)
@click.option("--to", "form", type=click.Choice(FORMATS), required=True, help="The form to write.")
@click.option("-o", "--out", type=click.Path(path_type=Path), required=True, help="A new folder.")
@click.option("--title", default="", help="Of the data set; without it, from the study's name.")
@click.option("--description", default="", help="A sentence or two on the study.")
@click.option("--author", "authors", multiple=True, help="A name; may be given several times.")
@click.option("--licence", default="", help="Of the data, as CC BY 4.0; without it, the studies' own.")
@click.option("--url", default="", help="Where it is published.")
@click.option("--doi", default="", help="Of this version.")
@click.option("--date", default="", help="Of publication, as 2026-11-29.")
@click.option("--most", type=click.IntRange(1), help="Minari: so many episodes at most, drawn by the seed.")
@click.option("--seed", type=int, default=0, show_default=True, help="Minari: which ones.")
@click.option("--yes", is_flag=True, help="Minari: write more than 1 GB.")
def convert(export: Path, form: str, out: Path, *, most: int | None, seed: int, yes: bool, **told: Any) -> None:
    """Write EXPORT in the form of other programs and archives.

    `csv`: every table for R and spreadsheets, and a codebook. `hugging-face`: the tables with a card by which
    `datasets` opens them, a datasheet, and a record in Croissant. `psych-ds`: CSV with the names and the JSON-LD of
    Psych-DS. `minari`: episodes for offline reinforcement learning, of pictures as float32; its size is said first.
    """
    from editing.files import new_folder
    from editing.formats.about import Publication, about
    from editing.formats.writing import write_form
    from editing.trajectories.reading import open_snapshot

    with clear_errors(ValueError, OSError, ImportError):
        snapshot = open_snapshot(export)
        if form == "minari":
            _convert_to_minari(snapshot, out, most, seed, yes=yes, authors=told["authors"])
            return
        description = about(snapshot, Publication(**told))
        with new_folder(out) as unfinished:
            counts = write_form(form, snapshot, description, unfinished)
    click.echo(f"{out}: {_counted(counts)}")


def _convert_to_minari(
    snapshot: Snapshot, out: Path, most: int | None, seed: int, *, yes: bool, authors: Sequence[str]
) -> None:
    from learning.dataset.minari_format import chosen_episodes, size_of, write_minari
    from learning.dataset.transitions import Transitions

    transitions = Transitions(snapshot)
    episodes = chosen_episodes(transitions, most, seed)
    if not episodes:
        raise ValueError(f"{snapshot.directory}: there is no submitted episode with a step")
    size = size_of(episodes)
    in_words = f"{size / 1e9:,.1f} GB" if size > _LARGE else f"{size / 1e6:,.1f} MB"
    click.echo(f"{len(episodes):,} episodes take about {in_words}")
    if size > _LARGE and not yes:
        raise ValueError("that is more than 1 GB: take a part with --most, or add --yes")
    counts = write_minari(snapshot, transitions, episodes, out, str(snapshot.manifest.get("study") or "play"), authors)
    click.echo(f"{out}: {counts[0]:,} episodes, {counts[1]:,} steps")


@command.command()
@click.argument("export", type=_EXPORT)
@click.argument("episode", required=False)
@click.option("-o", "--out", type=click.Path(path_type=Path), required=True, help="The file to write.")
@click.option("--animate", is_flag=True, help="The events of EPISODE as they came, as a .gif, .webp or .png.")
@click.option("--most", type=click.IntRange(1, 100), default=20, show_default=True, help="Episodes on a sheet.")
@click.option("--light", is_flag=True, help="A figure or sheet on white, for print.")
def render(export: Path, episode: str | None, out: Path, *, animate: bool, most: int, light: bool) -> None:
    """Draw EPISODE of EXPORT, by its id: as a figure of its steps, or with --animate as it was played.

    Without EPISODE, a contact sheet of the first submitted episodes. Figures and sheets are .svg, .png or .pdf;
    `safelight figure` draws steps on other photos.
    """
    from editing.photos.photo_error import PhotoError
    from learning.commands.options import check_output

    if animate and episode is None:
        raise click.UsageError("--animate needs EPISODE, the id of one")
    if animate:
        from learning.dataset.animation import SUFFIXES
    check_output(out, "--out", SUFFIXES if animate else (".svg", ".png", ".pdf"), (export,))
    with clear_errors(ValueError, PhotoError, OSError):
        if animate:
            _animate(export, str(episode), out)
        else:
            _draw(export, episode, out, most, light=light)


def _animate(export: Path, episode: str, out: Path) -> None:
    import pyarrow.compute as pc

    from editing.game.events import Event
    from editing.photos.preview import load_preview
    from editing.trajectories.columns import rows
    from editing.trajectories.reading import open_snapshot
    from learning.dataset.animation import frames, write_animation

    snapshot = open_snapshot(export)
    ids = snapshot.table("episodes", ["id"]).column("id")
    row = pc.index(ids, episode).as_py()
    if row < 0:
        raise ValueError(f"{export}: there is no episode {episode}")
    events = [
        Event.from_json(event)
        for part in snapshot.batches("events")
        for event in rows(part.filter(pc.equal(part.column("episode"), episode)))
    ]
    if not events:
        raise ValueError(f"{export}: the episode {episode} has no events: draw it without --animate")
    photo = snapshot.table("episodes", ["photo"]).column("photo")[row]
    photos = snapshot.table("photos", ["sha256", "preview_sha256"])
    preview = photos.column("preview_sha256")[pc.index(photos.column("sha256"), photo).as_py()].as_py()
    pictures = list(frames(load_preview(snapshot.preview_path(preview)), events))
    write_animation(out, pictures)
    click.echo(f"{out}: {len(pictures)} pictures of {len(events)} events")


def _draw(export: Path, episode: str | None, out: Path, most: int, *, light: bool) -> None:
    from learning.commands.figure import sequence_of_episode, sheet_of_episodes
    from learning.commands.steps_source import read_source
    from learning.figures.sequences import write_figure
    from learning.figures.steps import DARK, LIGHT

    palette = LIGHT if light else DARK
    if episode is None:
        write_figure(out, *sheet_of_episodes(export, most, palette))
    else:
        write_figure(out, *sequence_of_episode(read_source(None, f"{export}:{episode}"), palette))
    click.echo(f"{out}")


@command.command("import-2018")
@click.argument("actions", type=_EXPORT)
@click.option("--photos", type=_EXPORT, required=True, help="The folder of the photos, of the same names.")
@click.option("--player", required=True, help="Who played: a name for the rows.")
@click.option("-o", "--out", type=click.Path(path_type=Path), required=True, help="A new folder.")
@click.option(
    "--primaries",
    type=click.Choice(["srgb", "prophoto"]),
    default="srgb",
    show_default=True,
    help="The colour space of the photos' linear values. That program showed all as if they were sRGB.",
)
def import_2018(actions: Path, photos: Path, player: str, out: Path, primaries: str) -> None:
    """Read human play of the 2018 program, a folder ACTIONS of `<photo>.json`, as an export.

    Exposure, gamma, white balance and saturation mean the same here, within our ranges. Files with another filter, or a
    value beyond the range, are refused, each with the reason.
    """
    from editing.photos.photo_error import PhotoError
    from editing.photos.read_options import ReadOptions
    from learning.dataset.importing_2018 import import_play

    with clear_errors(ValueError, PhotoError, OSError):
        outcome = import_play(actions, photos, player, out, ReadOptions("linear", primaries))
    for line in (*outcome.refused, *outcome.notes):
        click.echo(line)
    click.echo(f"{out}: {outcome.written:,} episodes; {len(outcome.refused):,} files were refused")


@command.command()
@click.argument("old", type=_EXPORT)
@click.option("--against", "new", type=_EXPORT, required=True, help="A later version of it, with tombstones.")
@click.option("--json", "json_file", type=click.Path(path_type=Path), help="Write all rows to this file too.")
def check(old: Path, new: Path, json_file: Path | None) -> None:
    """Name the rows of OLD that must be deleted, since somebody has withdrawn. Ends with status 1 where there are any.

    Rows are counted from 0. They are those of the person, and what others said of their pictures. --json writes them as
    {"episodes": [5, 17], ...}.
    """
    import numpy as np

    from editing.files import write_atomically
    from editing.trajectories.schemas import InvalidSnapshot

    with clear_errors(InvalidSnapshot, OSError):
        forgotten = _forgotten(old, new)[0]
        numbers = {name: np.flatnonzero(gone).tolist() for name, gone in forgotten.rows.items()}
        if json_file is not None:
            write_atomically(json_file, f"{json.dumps(numbers)}\n".encode())
    if not forgotten.people:
        click.echo(f"{old}: no row is of anybody who has withdrawn, by {new}")
        return
    for name, indices in numbers.items():
        more = f" and {len(indices) - _ROWS_NAMED:,} more" if len(indices) > _ROWS_NAMED else ""
        named = ", ".join(map(str, indices[:_ROWS_NAMED]))
        click.echo(f"{name}.parquet: {len(indices):,} rows of people who have withdrawn: {named}{more}")
    click.echo(f"{_people(forgotten)}: safelight dataset forget {old} --by {new} deletes these rows")
    raise click.exceptions.Exit(1)


@command.command()
@click.argument("old", type=_EXPORT)
@click.option("--by", "new", type=_EXPORT, required=True, help="A later version of it, with tombstones.")
@click.option("-o", "--out", type=click.Path(path_type=Path), help="Write to this folder, and leave OLD as it is.")
def forget(old: Path, new: Path, out: Path | None) -> None:
    """Delete the rows of OLD that `check` names.

    What is left takes the place of OLD, whole or not at all, with a manifest that names its parent. Cards and other
    files beside the tables may tell of the same people: they are deleted too, and named.
    """
    from editing.trajectories.forgetting import write_without
    from editing.trajectories.schemas import InvalidSnapshot

    with clear_errors(InvalidSnapshot, OSError):
        forgotten, snapshot, by = _forgotten(old, new)
        if not forgotten.people and out is None:
            click.echo(f"{old}: no row is of anybody who has withdrawn, by {new}; it is as it was")
            return
        others = sorted(path.name for path in old.iterdir() if not _is_own(path))
        write_without(snapshot, forgotten, out or old, by)
    for name, count in forgotten.counts.items():
        click.echo(f"{name}.parquet: {count:,} rows deleted")
    click.echo(f"{out or old}: {_people(forgotten)}, and nothing is left of them")
    if others:
        click.echo(f"Not taken along: {', '.join(others)}")


def _forgotten(old: Path, new: Path) -> tuple[Forgotten, Snapshot, Snapshot]:
    from editing.trajectories.forgetting import rows_to_forget
    from editing.trajectories.reading import open_snapshot
    from editing.trajectories.tombstones import read_tombstones

    snapshot, by = open_snapshot(old), open_snapshot(new)
    return rows_to_forget(snapshot, read_tombstones(by)), snapshot, by


def _is_own(path: Path) -> bool:
    """Whether a path in an export is of its tables, its manifest or its previews."""
    return path.suffix == ".parquet" or path.name in ("manifest.json", "previews")


def _people(forgotten: Forgotten) -> str:
    count = len(forgotten.people)
    return f"{count} person has withdrawn" if count == 1 else f"{count} people have withdrawn"


@command.command()
@click.argument("export", type=_EXPORT)
@click.option("--json", "json_file", type=click.Path(path_type=Path), help="Write them to this file too.")
def receipts(export: Path, json_file: Path | None) -> None:
    """List the participations of EXPORT, computed from its rows alone. Ends with status 1 where something is wrong."""
    from editing.files import write_atomically
    from editing.trajectories.receipts import receipts_of
    from editing.trajectories.schemas import InvalidSnapshot
    from editing.trajectories.snapshot import read_snapshot

    with clear_errors(InvalidSnapshot, OSError):
        snapshot = read_snapshot(export)
        listed = receipts_of(snapshot)
        if json_file is not None:
            text = json.dumps([receipt.to_json() for receipt in listed], indent=1, ensure_ascii=False)
            write_atomically(json_file, f"{text}\n".encode())
    for receipt in listed:
        done = "complete" if receipt.complete else "not complete"
        counts = f"{receipt.episodes} episodes, {receipt.events} events"
        click.echo(f"{receipt.study} {receipt.player}: {done}, {counts}, {receipt.digest[:16]}")
        for problem in receipt.problems:
            click.echo(f"  {problem}")
    if withdrawn := snapshot.manifest.get("withdrawn", 0):
        click.echo(f"{withdrawn} withdrew; nothing of them is here")
    if any(receipt.problems for receipt in listed):
        raise click.exceptions.Exit(1)
