"""The console command ``safelight``: a table of subcommands, each imported when it is called.

So ``safelight --help`` starts at once, and torch is imported by the commands that use it alone.
"""

import os
import warnings
from importlib import import_module

import click

COMMANDS = {
    "check-reference": (
        "check_reference",
        "Check the filters, networks and losses against the 2018 program's numbers.",
    ),
    "train": ("train", "Train an agent on unpaired photos."),
    "train-critic": ("train_critic", "Train a critic against many players, as a reward of the environments."),
    "imitate": ("imitate", "Learn from an export what people do next, and play as they do."),
    "prefer": (
        "prefer",
        "Learn from an export what people prefer: a reward of pictures, and a better model of people.",
    ),
    "adapt": ("adapt", "Let a model of people play as one person, by a few of their photos."),
    "play": ("play", "Let an agent play photos, and write its trajectories in the form of an export."),
    "develop": ("develop", "Develop photos of any size by an agent, or by steps, to finished pictures."),
    "fit": ("fit", "Find the steps that lead from a photo to a finished picture of it."),
    "compare": ("compare", "Say how like people an agent plays: numbers, and a report to open in a browser."),
    "power": ("power", "Say how many people and photos a study needs, by a pilot."),
    "measure": ("measure", "Measure how close pictures are to targets, by histogram intersection."),
    "ablate": ("ablate", "Measure what an agent's choice of filters is worth, against drawn and least probable ones."),
    "describe": ("describe", "Describe play: the orders of filters, and what the edits broke."),
    "dataset": ("dataset", "Look into exports, check, merge, split, draw and convert them, forget who has withdrawn."),
    "export": ("export", "Write steps for other programs: as a 3D LUT (.cube), or as Python for NumPy."),
    "figure": ("figure", "Draw steps: each one's picture, its filter and its parameters."),
    "sheet": ("sheet", "Draw photos and what agents make of each, side by side on a contact sheet."),
    "robots": ("robots", "Let robots play a site over HTTP, as a browser does."),
    "synthetic-people": ("synthetic_people", "Let synthetic people with planted tastes play, and write an export."),
}


# Whose products of NumPy are small: to start BLAS's threads for them, as NumPy is imported, takes ten times as long.
ONE_THREAD = ("develop",)


class LazyGroup(click.Group):
    """A group that lists its commands without importing them."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        if cmd_name in ONE_THREAD:
            os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
        command = import_module(f"learning.commands.{COMMANDS[cmd_name][0]}").command
        assert isinstance(command, click.Command)  # noqa: S101 (tells the type)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])


@click.command(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="""\b
Examples:
  safelight robots --url http://127.0.0.1:8000 --episodes 40
  safelight train --inputs export --targets finished --out runs/first
  safelight play --agent runs/first export -o play
  safelight compare export play -o report
  safelight export --steps steps.json --cube look.cube
  safelight figure --steps steps.json photo.cr2 -o figure.pdf
""",
)
@click.version_option(package_name="safelight")
def main() -> None:
    """Train an agent at the photo retouching game, let it play, and compare it with people.

    The site itself is run by manage.py.
    """
    warnings.formatwarning = lambda message, *_, **__: f"{message}\n"  # a sentence for people, without the line of code


if __name__ == "__main__":
    main()
