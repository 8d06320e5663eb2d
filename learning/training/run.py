"""A training run in its folder: iterations, the held-out score, checkpoints, and continuing where it was stopped."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from learning.agent.checkpoint import (
    BEST,
    KEPT,
    LAST,
    WEIGHTS,
    CheckpointError,
    check_space,
    read_checkpoint,
    save_checkpoint,
)
from learning.training.fast_recipe import FastTrainer
from learning.training.log import RunLog
from learning.training.paper_recipe import PaperTrainer
from learning.training.pictures import TrainingPictures
from learning.training.trainer import Trainer, TrainingDiverged
from learning.training.validation import Score, Validation

# What trains by each recipe. Takes a config of the recipe, inputs, targets and a device; the processes that share the
# training, if there are several; and what captures its updates, if anything does.
TRAINERS: Mapping[str, Callable[..., Trainer]] = {"fast": FastTrainer, "paper": PaperTrainer}


def resume(directory: Path, trainer: Trainer) -> Mapping[str, Any]:
    """Bring a trainer to where its run was last saved; a run that was never saved begins anew.

    Returns:
        What the last checkpoint says of itself; empty if there is none.

    Raises:
        CheckpointError: if the checkpoint is damaged, or of another trainer.
    """
    path = directory / LAST
    if not path.exists():
        return {}
    state, about = read_checkpoint(path)
    try:
        trainer.load(state)
    except (KeyError, RuntimeError) as error:
        raise CheckpointError(f"{path} is not of a run with these settings: {error}") from None
    return about


def run(
    directory: Path,
    trainer: Trainer,
    validation: Validation,
    pictures: TrainingPictures,
    save_every: int,
    keep_every: int = 0,
) -> None:
    """Train to the end, from where the folder's last checkpoint is.

    Every ``save_every`` iterations, and after the last, the agent is scored on what is held out, and the run is saved.
    The networks' weights are kept apart whenever the results are nearer to the targets than ever. Of several processes,
    the first alone scores and writes.

    Args:
        keep_every: iterations between agents that are kept as they were, in ``checkpoints``; 0 for none.

    Raises:
        TrainingDiverged: with the last checkpoint as it was before, and the metrics that show it in the log.
        CheckpointError: if a checkpoint cannot be used, or the disk is too full.
        ProcessLost: if another of several processes has ended.
    """
    least = resume(directory, trainer).get(f"best_{validation.criterion}")
    if trainer.processes.rank:
        while trainer.iteration < trainer.iterations:
            trainer.iterate()
        return
    check_space(directory, trainer.state())
    with RunLog(directory, trainer.iteration, trainer.iterations) as log:
        while trainer.iteration < trainer.iterations:
            try:
                metrics = trainer.iterate()
            except TrainingDiverged as error:
                log.write(trainer.iteration, error.metrics)
                raise
            done = trainer.iteration
            saved = done % save_every == 0 or done == trainer.iterations
            if saved and validation:
                score = validation.score(trainer.agent, trainer.widths)
                metrics |= {f"score_{name}": value for name, value in score.metrics().items()}
                reached = score.metrics()[validation.criterion]
                if least is None or reached < least:
                    least = reached
                    _save_best(directory, trainer, score)
            if keep_every and done % keep_every == 0:
                _keep(directory, trainer)
            log.write(done - 1, metrics)
            if pictures.due(trainer):
                log.picture(done - 1, pictures.draw(trainer))
            if saved:
                log.say()
                # The log first: a run that is killed in between then drops lines, and lacks none.
                log.flush()
                about = {"iterations_done": done, f"best_{validation.criterion}": least}
                save_checkpoint(directory / LAST, trainer.state(), about)


def _keep(directory: Path, trainer: Trainer) -> None:
    weights = {name: value for name, value in trainer.state().items() if name.startswith(f"agent{WEIGHTS}")}
    path = directory / KEPT / f"{trainer.iteration:07}.safetensors"
    path.parent.mkdir(exist_ok=True)
    save_checkpoint(path, weights, {"iterations_done": trainer.iteration})


def _save_best(directory: Path, trainer: Trainer, score: Score) -> None:
    weights = {name: value for name, value in trainer.state().items() if WEIGHTS in name}
    measured = {f"best_{name}": value for name, value in score.metrics().items() if name in ("distance", "rmse")}
    about = {"iterations_done": trainer.iteration, "best_score": score.mean} | measured
    save_checkpoint(directory / BEST, weights, about)
