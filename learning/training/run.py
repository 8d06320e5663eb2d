"""A training run in its folder: iterations, the held-out score, checkpoints, and continuing where it was stopped."""

from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from learning.agent.checkpoint import (
    BEST,
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


def run(directory: Path, trainer: Trainer, validation: Validation, pictures: TrainingPictures, save_every: int) -> None:
    """Train to the end, from where the folder's last checkpoint is.

    Every ``save_every`` iterations, and after the last, the agent is scored on what is held out, and the run is saved.
    The networks' weights are kept apart whenever the results are nearer to the targets than ever. Of several processes,
    the first alone scores and writes.

    Raises:
        TrainingDiverged: with the last checkpoint as it was before, and the metrics that show it in the log.
        CheckpointError: if a checkpoint cannot be used, or the disk is too full.
        ProcessLost: if another of several processes has ended.
    """
    nearest = resume(directory, trainer).get("best_distance")
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
                metrics |= {f"score_{name}": value for name, value in asdict(score).items()}
                # Not by the intersection, in which a few crops on the other side of a bin's edge outweigh a cast.
                if nearest is None or score.distance < nearest:
                    nearest = score.distance
                    _save_best(directory, trainer, score)
            log.write(done - 1, metrics)
            if pictures.due(trainer):
                log.picture(done - 1, pictures.draw(trainer))
            if saved:
                log.say()
                # The log first: a run that is killed in between then drops lines, and lacks none.
                log.flush()
                save_checkpoint(directory / LAST, trainer.state(), {"iterations_done": done, "best_distance": nearest})


def _save_best(directory: Path, trainer: Trainer, score: Score) -> None:
    weights = {name: value for name, value in trainer.state().items() if WEIGHTS in name}
    about = {"iterations_done": trainer.iteration, "best_score": score.mean, "best_distance": score.distance}
    save_checkpoint(directory / BEST, weights, about)
