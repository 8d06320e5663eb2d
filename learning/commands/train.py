"""``safelight train``."""

from __future__ import annotations

import json
import math
import os
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import Field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

import click
from click.core import ParameterSource

from learning.commands.options import clear_errors, first_speaks, separate_photo_options
from learning.configuration import (
    CONFIGURATIONS,
    FEATURES_PER_CHANNEL,
    HIDDEN_PER_CHANNEL,
    SETTING,
    FastConfig,
    PaperConfig,
    Setting,
    Widths,
    setting_fields,
)

if TYPE_CHECKING:
    import torch

    from learning.agent.people_model import PeopleModel
    from learning.agent.training_data import TrainingData
    from learning.photos.squares import PhotoSet, Squares
    from learning.training.distributed import Processes
    from learning.training.potentials import Potential
    from learning.training.validation import Validation

Settings = dict[str, Any]
Command = TypeVar("Command", bound=Callable[..., Any])
# By the name of each setting that has an option, its field in each recipe that has it.
OPTION_FIELDS: defaultdict[str, dict[str, Field[Any]]] = defaultdict(dict)
for _recipe, _configuration in CONFIGURATIONS.items():
    for _field in setting_fields(_configuration):
        if _field.metadata[SETTING].option:
            OPTION_FIELDS[_field.name][_recipe] = _field
# Where a run is, and where it computes, may change when it is resumed.
NOT_SETTINGS = ("out", "resume", "device", "cuda_graphs", "cache")


def setting_option(name: str) -> Callable[[Command], Command]:
    """Make the option of a setting: type, range, default and help are those of its field in the recipes."""
    declared = OPTION_FIELDS[name]
    field = next(iter(declared.values()))
    setting: Setting = field.metadata[SETTING]
    types: dict[Any, Callable[..., Any]] = {int: click.IntRange, float: click.FloatRange}
    help_text, default = setting.help, field.default
    if field.type is bool:
        return click.option(f"--{name.replace('_', '-')}", is_flag=True, help=_for_recipes(help_text, declared))
    defaults = {recipe: field_.default for recipe, field_ in declared.items()}
    differing = ", ".join(f"{recipe} {value}" for recipe, value in defaults.items())
    help_text = _for_recipes(help_text, declared)
    if default_text := setting.default_text or (differing if len(set(defaults.values())) > 1 else ""):
        help_text, default = f"{help_text}  [default: {default_text}]", None
    return click.option(
        f"--{name.replace('_', '-')}",
        type=types[field.type](setting.low, setting.high, max_open=setting.high_open),
        default=default,
        show_default=default is not None,
        help=help_text,
    )


def _for_recipes(help_text: str, declared: Mapping[str, Field[Any]]) -> str:
    """Say which recipes have a setting, if not all."""
    if len(declared) == len(CONFIGURATIONS):
        return help_text
    return f"{help_text.removesuffix('.')} ({', '.join(declared)})."


@click.command(
    epilog="""\b
Examples:
  safelight train --inputs raws --targets edited --out runs/mine
  safelight train --inputs export --targets finished --out runs/first
  safelight train --inputs frames/dark --targets frames/graded --transfer linear --out runs/frames --width 32
  safelight train --inputs raws --targets edited --out runs/five --seeds 5 --normalise-exposure --unprocess 0.5
  safelight train --out runs/first --resume
  torchrun --nproc-per-node 2 -m learning.command_line train --inputs export --targets finished --out runs/two-gpus
"""
)
@click.option("--inputs", type=click.Path(), help="Photos as they were taken: a folder, an export, or a FiveK pack.")
@click.option("--targets", type=click.Path(), help="Finished pictures, other ones: a folder, or an export.")
@click.option(
    "--inputs-fold", type=click.Path(exists=True, dir_okay=False), help="A file of numbers: those inputs alone."
)
@click.option(
    "--targets-fold", type=click.Path(exists=True, dir_okay=False), help="A file of numbers: those targets alone."
)
@click.option("--out", type=click.Path(path_type=Path), required=True, help="A new folder, for the run.")
@click.option("--resume", is_flag=True, help="Continue the run in OUT, with the settings that it was begun with.")
@click.option(
    "--recipe",
    type=click.Choice(list(CONFIGURATIONS)),
    default="fast",
    show_default=True,
    help="Whole games and a critic that learns faster, or the schedule of 2018.",
)
@setting_option("width")
@click.option("--features", type=click.IntRange(1), help="Numbers left of an image: always 128 x width; a check.")
@setting_option("hidden")
@setting_option("batch")
@setting_option("iterations")
@setting_option("seed")
@click.option(
    "--seeds",
    type=click.IntRange(1),
    default=1,
    show_default=True,
    help="Train so many seeds, from --seed on, and take the best.",
)
@click.option(
    "--precision",
    type=click.Choice(["auto", "float32", "bfloat16"]),
    default="auto",
    show_default=True,
    help="What networks compute in. auto: bfloat16 from width 24 on, on GPUs and CPUs that have it.",
)
@click.option(
    "--save-every", type=click.IntRange(1), default=50, show_default=True, help="Iterations between checkpoints."
)
@click.option(
    "--keep-every",
    type=click.IntRange(0),
    default=0,
    show_default=True,
    help="Iterations between agents that are kept as they were, for `safelight compare --runs`; 0 for none.",
)
@setting_option("normalise_exposure")
@setting_option("normalise_white_balance")
@setting_option("unprocess")
@setting_option("reconstruction_penalty")
@setting_option("hue_penalty")
@setting_option("augment_exposure")
@setting_option("augment_white_balance")
@setting_option("augment_temperature")
@setting_option("average")
@setting_option("entropy_bonus_at_end")
@setting_option("idle_penalty")
@setting_option("stop")
@setting_option("step_baseline")
@click.option("--init", type=click.Path(), help="Begin as the people of this run of safelight imitate (fast).")
@setting_option("imitation_weight")
@click.option("--reward", type=click.Path(), help="Raise the reward of this run of safelight prefer, too (fast).")
@setting_option("reward_weight")
@click.option(
    "--picture-every",
    type=click.IntRange(0),
    default=200,
    show_default=True,
    help="Iterations between pictures; 0 for none.",
)
@click.option("--device", default="auto", show_default=True, help="auto, cpu, cuda, cuda:1 ...")
@click.option(
    "--cuda-graphs/--no-cuda-graphs",
    default=True,
    show_default=True,
    help="Record each update once, and replay it; on one GPU.",
)
@click.option(
    "--cache",
    type=click.Path(path_type=Path, file_okay=False),
    envvar="SAFELIGHT_CACHE",
    help="Where photos are kept once they are decoded.  [default: safelight in your cache folder]",
)
@separate_photo_options
@click.pass_context
def command(
    context: click.Context,
    /,
    out: Path,
    resume: bool,
    device: str,
    cuda_graphs: bool,
    cache: Path | None,
    **settings: Any,
) -> None:
    """Train an agent on unpaired photos: INPUTS as they were taken, TARGETS as finished pictures look.

    Targets are what an edited photo should look like on the screen, inputs are linear light: both follow from the
    files' profiles. --transfer linear takes the values of both as they are (RAW files and exports always are).

    Each photo is decoded once, to a square of 80 x 80 in the cache; see docs/own-photos.md.

    Some of the photos are held out, and the agent is scored on them. The run's folder gets config.json, log.jsonl,
    events for TensorBoard, pictures of the agent at work, last.safetensors, from which --resume continues, and
    best.safetensors, the nearest to the targets, which play uses. Of several seeds each has such a folder in OUT, and
    OUT is the best of them.
    --recipe paper --width 32 is the 2018 program's training, for a GPU. Started by torchrun, once for each GPU, the
    processes share each batch.
    """
    from editing.files import check_free
    from editing.photos.photo_error import PhotoError
    from editing.trajectories.schemas import InvalidSnapshot
    from learning.agent.checkpoint import CheckpointError
    from learning.device import DeviceError
    from learning.photos.sets import PhotoSetError
    from learning.training.distributed import ProcessLost, started
    from learning.training.seeds import read_about, seed_folder
    from learning.training.trainer import TrainingDiverged
    from learning.training.updates import CaptureFailed

    expected = (PhotoError, PhotoSetError, InvalidSnapshot, CheckpointError, DeviceError, TrainingDiverged, OSError)
    first = started().rank == 0
    with clear_errors(*expected, ProcessLost, CaptureFailed), first_speaks(first, TrainingDiverged):
        seeds = read_about(out) if resume else {}
        if resume:
            settings = _settings_of_run(context, seed_folder(out, seeds["seeds"][0]) if seeds else out)
        else:
            for name in ("inputs", "targets"):
                if settings[name] is None:
                    raise click.UsageError(f"Missing option '--{name}'")
            if first:
                check_free(out)
        if seeds or settings["seeds"] > 1:
            _train_seeds(out, settings, device, cache, cuda_graphs=cuda_graphs)
        else:
            _train(out, settings, device, resume, cache, cuda_graphs=cuda_graphs)


def _train_seeds(out: Path, settings: Settings, device: str, cache: Path | None, *, cuda_graphs: bool) -> None:
    """Train several seeds, or go on with them, and say what came of each."""
    from learning.device import choose_device
    from learning.training.distributed import started
    from learning.training.seeds import read_about, train_seeds, write_about

    if started().size > 1:
        raise click.UsageError("--seeds is for one process; torchrun shares the batches of a single seed")
    _config(settings, started())
    if not read_about(out):
        write_about(out, {"seeds": list(range(settings["seed"], settings["seed"] + settings["seeds"]))})
    seeds = read_about(out)["seeds"]
    where = choose_device(device)
    processes = 1 if where.type == "cuda" else min(len(seeds), os.cpu_count() or 1)
    click.echo(f"Training seeds {seeds[0]} to {seeds[-1]} on {where}, {processes} at a time; their logs are in {out}.")
    train = partial(_train_seed, settings=settings, device=device, cache=cache, cuda_graphs=cuda_graphs)
    try:
        results = train_seeds(out, seeds, train, processes, click.echo)
    except KeyboardInterrupt:
        click.echo("Stopped; --resume continues each seed from its last checkpoint.")
        raise SystemExit(130) from None
    best = min(results, key=lambda result: math.inf if result.criterion is None else result.criterion)
    click.echo(f"The agent in {out} is that of seed {best.seed}.")


def _train_seed(
    folder: Path, seed: int, *, settings: Settings, device: str, cache: Path | None, cuda_graphs: bool
) -> None:
    """Train one of several seeds, in a process of its own; all hold out the same photos."""
    from learning.agent.checkpoint import CONFIG

    own = settings | {"seed": seed, "seeds": 1, "split_seed": settings["seed"]}
    _train(folder, own, device, (folder / CONFIG).exists(), cache, cuda_graphs=cuda_graphs)


def _settings_of_run(context: click.Context, out: Path) -> Settings:
    """Return the settings that the run was begun with; an option given now must say the same."""
    from learning.agent.checkpoint import CheckpointError, read_config

    settings = read_config(out).get("settings")
    if not isinstance(settings, dict):
        raise CheckpointError(f"{out} was not begun by this version of safelight train; it can be played, not resumed")
    # A run of an older version knows not all of them.
    settings = {name: value for name, value in context.params.items() if name not in NOT_SETTINGS} | settings
    for name, value in context.params.items():
        given = context.get_parameter_source(name) is ParameterSource.COMMANDLINE
        if given and name not in NOT_SETTINGS and settings[name] != value:
            raise click.UsageError(f"the run in {out} was begun with {name} {settings[name]}, not {value}")
    return settings


def _train(out: Path, settings: Settings, device: str, resume: bool, cache: Path | None, *, cuda_graphs: bool) -> None:
    """Begin a run, or go on with it, to its end."""
    from learning.agent.checkpoint import LAST
    from learning.device import choose_device, choose_precision
    from learning.photos.batches import CropSampler
    from learning.training.distributed import joined, own_device, started
    from learning.training.pictures import TrainingPictures
    from learning.training.run import TRAINERS, run
    from learning.training.updates import capture_on

    processes = started()
    where = choose_device(own_device(device))
    # As it is on this device: a run keeps what it was begun with, wherever it is resumed.
    settings |= {"precision": choose_precision(settings["precision"], where, settings["width"])}
    config = _config(settings, processes)
    sets = read_sets(settings, cache)
    people, begun_by = _people(settings)
    reward, raised = _reward(settings, where)
    if resume:
        _check_is_of(out, config, settings, sets, begun_by, raised)
    elif processes.rank == 0:
        _begin(out, config, settings, sets, begun_by, raised)
    parts = _parts(settings, sets)
    capture = capture_on(where) if cuda_graphs and people is None else None
    finished = CropSampler(parts.finished, where) if parts.finished else None
    known: dict[str, Any] = {"finished": finished, "people": people, "reward": reward}
    samplers = CropSampler(parts.inputs, where), CropSampler(parts.targets, where)
    given = {name: value for name, value in known.items() if value is not None}
    trainer = TRAINERS[settings["recipe"]](config, *samplers, where, processes, capture, **given)
    pictures = TrainingPictures(parts.shown, parts.targets, settings["picture_every"])
    try:
        with joined(processes, where):
            run(out, trainer, parts.validation, pictures, settings["save_every"], settings["keep_every"])
    except KeyboardInterrupt:
        saved = "its last checkpoint" if (out / LAST).exists() else "the beginning, as nothing was saved yet"
        click.echo(f"Stopped in iteration {trainer.iteration}; --resume continues from {saved}.")
        raise SystemExit(130) from None
    click.echo(f"Trained {config.iterations} iterations on {where}; the agent is in {out}.")


def _begin(
    out: Path, config: Any, settings: Settings, sets: Sequence[PhotoSet], begun_by: _Learned, raised: _Learned
) -> None:
    """Make the run's folder, which says what the run is begun with."""
    from learning.agent.checkpoint import begin_run
    from learning.agent.training_data import TRAINED_ON

    about = {
        "recipe": settings["recipe"],
        "training": config.to_json(),
        "normalisation": config.normalisation.to_json(),
        "settings": settings,
        "photos": [photo_set.digest for photo_set in sets],
        TRAINED_ON: (_training_data(sets) | begun_by.data | raised.data).to_json(),
    }
    learned = {"init": begun_by.sha256, "reward": raised.sha256}
    begin_run(out, config.widths, about | {name: sha256 for name, sha256 in learned.items() if sha256})


def _check_is_of(
    out: Path, config: Any, settings: Settings, sets: Sequence[PhotoSet], begun_by: _Learned, raised: _Learned
) -> None:
    """Refuse to go on with a run that was begun with something else."""
    from learning.agent.checkpoint import CheckpointError, read_config

    stored = read_config(out)
    if not _begun_with(config, stored.get("training")):
        raise CheckpointError(f"the run in {out} was begun with other defaults of its recipe; begin another run")
    if stored.get("photos") != [photo_set.digest for photo_set in sets]:
        raise CheckpointError(f"the photos are not those that the run in {out} was begun with; begin another run")
    if stored.get("init") != (begun_by.sha256 or None):
        raise CheckpointError(f"{settings['init']} is not the model that the run in {out} was begun with")
    if stored.get("reward") != (raised.sha256 or None):
        raise CheckpointError(f"{settings['reward']} is not the reward that the run in {out} was begun with")


class _Parts(NamedTuple):
    """The photos of a training: those learned from, those that pictures show, and by which it is judged."""

    inputs: Squares
    targets: Squares
    finished: Squares | None
    shown: Squares
    validation: Validation


def _parts(settings: Settings, sets: Sequence[PhotoSet]) -> _Parts:
    """Split the photos."""
    from learning.photos.unprocessing import with_unprocessed
    from learning.training.validation import Validation, split

    # Of several seeds, that of the first.
    split_seed = settings["split_seed"] if "split_seed" in settings else settings["seed"]
    squares = with_unprocessed(sets[0].squares, sets[1].squares, settings["unprocess"] or 0.0, split_seed)
    trained, held_out = split(squares.inputs.photos, split_seed)
    trained_targets, _ = split(squares.targets.photos, split_seed)
    inputs, unseen = squares.inputs.take(trained), squares.inputs.take(held_out)
    finished = squares.finished.take(held_out) if squares.finished else None
    return _Parts(
        inputs,
        squares.targets.take(trained_targets),
        squares.finished.take(trained) if squares.finished else None,
        unseen if len(held_out) else inputs,
        Validation(unseen, squares.targets, finished),
    )


class _Learned(NamedTuple):
    """Of what was learned before: the SHA-256 of its weights, and what it was trained on; of none, nothing."""

    sha256: str
    data: TrainingData


def _learned(sha256: str, config: Mapping[str, Any]) -> _Learned:
    from learning.agent.training_data import TRAINED_ON, TrainingData

    return _Learned(sha256, TrainingData.from_json(config.get(TRAINED_ON)) or TrainingData())


def _people(settings: Settings) -> tuple[PeopleModel | None, _Learned]:
    """Read the model of people that a training begins by, if there is one."""
    from learning.agent.checkpoint import load_people_model

    run = settings.get("init")
    if not run:
        if settings.get("imitation_weight"):
            raise click.UsageError("--imitation-weight needs --init, a run of safelight imitate")
        return None, _learned("", {})
    if settings["recipe"] != "fast":
        raise click.UsageError("--init is for --recipe fast alone")
    model, checkpoint = load_people_model(Path(run))
    return model, _learned(checkpoint.sha256, checkpoint.config)


def _reward(settings: Settings, device: torch.device) -> tuple[Potential | None, _Learned]:
    """Read the reward that is raised beside the critic's, if there is one."""
    from learning.training.potentials import Potential

    run = settings.get("reward")
    if not run:
        if settings.get("reward_weight"):
            raise click.UsageError("--reward-weight needs --reward, a run of safelight prefer")
        return None, _learned("", {})
    if settings["recipe"] != "fast":
        raise click.UsageError("--reward is for --recipe fast alone")
    reward = Potential(Path(run), device)
    return reward, _learned(reward.sha256, reward.config)


def _training_data(sets: Sequence[PhotoSet]) -> TrainingData:
    """Return whose pictures a training sees, and of which photos, where they came from exports."""
    from learning.agent.training_data import TrainingData

    photos = frozenset[str]().union(*(photo_set.photos for photo_set in sets))
    return TrainingData.of(photos, frozenset[str]().union(*(photo_set.players for photo_set in sets)))


def _begun_with(config: FastConfig | PaperConfig, stored: Any) -> bool:
    """Whether a run has these settings; one of before is without those that it did not know."""
    plain = json.loads(json.dumps(config.to_json()))
    defaults = json.loads(json.dumps(type(config)().to_json()))
    return isinstance(stored, dict) and {name: stored.get(name, defaults[name]) for name in plain} == plain


def _config(settings: Settings, processes: Processes) -> FastConfig | PaperConfig:
    """Make the recipe's configuration; what was not given is the recipe's default."""
    recipe = settings["recipe"]
    configuration = CONFIGURATIONS[recipe]
    given = {name: value for name in OPTION_FIELDS if (value := settings.get(name))}
    for name in given:
        if recipe not in OPTION_FIELDS[name]:
            option = name.replace("_", "-")
            raise click.UsageError(f"--{option} is for --recipe {' or '.join(OPTION_FIELDS[name])} alone")
    own = {name: value for name, value in given.items() if name in configuration.__dataclass_fields__}
    try:
        config = configuration(widths=_widths(settings), bfloat16=settings["precision"] == "bfloat16", **own)
        processes.check_batch(config.parts)
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    return config


def _widths(settings: Settings) -> Widths:
    width = settings["width"]
    widths = Widths(width, settings["hidden"] or HIDDEN_PER_CHANNEL * width)
    if settings["features"] not in (None, widths.features):
        raise click.BadParameter(
            f"{settings['features']} does not follow from --width {width}: a 64 x 64 image leaves "
            f"{FEATURES_PER_CHANNEL} x {width} = {widths.features}. Leave --features out, or change --width.",
            param_hint="--features",
        )
    return widths


def read_sets(settings: Settings, cache: Path | None) -> tuple[PhotoSet, PhotoSet]:
    """Read inputs and targets, found before either is read.

    The targets first, since they are sooner known to be wrong.
    """
    from editing.photos.read_options import ReadOptions
    from learning.photos.sets import Decoding
    from learning.photos.square_cache import default_cache
    from learning.photos.training_sets import check_targets, find_inputs, find_targets

    decoding = Decoding(ReadOptions(settings["transfer"], settings["primaries"]))
    places = {name: Path(settings[name]) for name in ("inputs", "targets")}
    found = {}
    for name, find in (("inputs", find_inputs), ("targets", find_targets)):
        fold = settings.get(f"{name}_fold")
        found[name] = find(places[name], decoding, Path(fold) if fold else None)
    if found["inputs"].pictures == found["targets"].pictures:
        click.echo("Warning: the targets are the inputs, so the agent learns to leave photos as they are.", err=True)
    sets = {}
    for name in ("targets", "inputs"):
        sets[name] = read = found[name].read(cache or default_cache(), name)
        for line in read.left_out:
            click.echo(f"Left out: {line}", err=True)
        left_out = f", {len(read.left_out)} left out" if read.left_out else ""
        click.echo(f"{settings[name]}: {read.squares.photos} pictures{left_out}")
        if name == "targets":
            check_targets(places[name], read.squares)
    return sets["inputs"], sets["targets"]
