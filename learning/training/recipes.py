"""The recipes by which an agent can be trained, by name: what configures each, and what runs it."""

from collections.abc import Callable
from dataclasses import dataclass

from learning.training.fast_recipe import FastConfig, FastTrainer
from learning.training.paper_recipe import PaperConfig, PaperTrainer
from learning.training.trainer import Trainer


@dataclass(frozen=True)
class Recipe:
    """A config's class, whose arguments all have defaults, and what makes a trainer.

    Of a config, inputs, targets and a device; of the processes that share the training, if there are several; and of
    what records its updates, if anything does.
    """

    config: type[FastConfig] | type[PaperConfig]
    trainer: Callable[..., Trainer]


RECIPES = {"fast": Recipe(FastConfig, FastTrainer), "paper": Recipe(PaperConfig, PaperTrainer)}
