"""People's play as moves: the picture before each, the filter chosen or the stop, and where its sliders were set."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from editing.game.coordinates import MOST_COORDINATES, coordinates_of
from editing.game.filters import FILTERS, apply_steps
from editing.game.rules import MAXIMUM_STEPS, STOP, Step
from editing.photos.preview import agent_view, load_preview
from learning.agent import state
from learning.agent.architecture import ACTIONS
from learning.agent.people_model import STATISTICS, picture_statistics
from learning.comparison.sides import Side, choose_players, read_side

Pixels = NDArray[np.float32]
# Beyond this no picture is told from another: moves keep theirs in half precision.
LARGEST = 60_000.0
# Pictures that are looked at in one go.
AT_ONCE = 256


class TooLittle(ValueError):
    """There is too little to learn from; the message is one sentence that says what is missing and how to go on."""


@dataclass(frozen=True)
class Game:
    """A finished treatment: who played which photo (SHA-256), and the steps that stood at the end."""

    player: str
    photo: str
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class Play:
    """Games, and the photos that they were played on.

    Attributes:
        views: (64, 64, 3) linear light, by photo.
    """

    games: tuple[Game, ...]
    views: Mapping[str, Pixels]

    @cached_property
    def people(self) -> list[str]:
        """Who played, in order of their names."""
        return sorted({game.player for game in self.games})

    @cached_property
    def photos(self) -> list[str]:
        """What was played on, in order."""
        return sorted({game.photo for game in self.games})

    def of(self, people: Iterable[str], photos: Iterable[str]) -> "Play":
        """Return the games of some people on some photos."""
        people, photos = set(people), set(photos)
        kept = tuple(game for game in self.games if game.player in people and game.photo in photos)
        return Play(kept, self.views)


def read_play(directory: Path, players: str = "people") -> Play:
    """Read the play of an export that counts, as in a comparison.

    Args:
        players: ``people``, ``robots`` or ``experts``.

    Raises:
        ComparisonError: if it is no valid export, or holds no play by those.
        TooLittle: if all of it is untouched photos.
    """
    side, _ = choose_players(read_side(directory, str(directory)), (players,))
    return play_of(side)


def play_of(side: Side) -> Play:
    """Return the games of a side's episodes, those without a step left out.

    Raises:
        TooLittle: if none is left.
    """
    games = tuple(Game(e.player, e.photo, e.steps) for e in side.episodes if e.steps)
    if not games:
        raise TooLittle(f"{side.label}: every episode left the photo as it was, so there is no move to learn from")
    previews = {episode.photo: side.previews[episode.preview] for episode in side.episodes if episode.steps}
    return Play(games, {photo: agent_view(load_preview(path)) for photo, path in sorted(previews.items())})


@dataclass(frozen=True)
class Moves:
    """Moves, each by the picture and the state before it; one after the other in each game.

    Attributes:
        images: (N, 3, 64, 64) float16, linear light before the move.
        states: (N, 11) before it.
        actions: (N,) index in ``ACTIONS``.
        coordinates: (N, MOST_COORDINATES) of the parameters, those of the filter first, then 0.
        games: (N,) which game each is of.
        statistics: (N, 15) of the images, see ``learning.agent.people_model.picture_statistics``.
    """

    images: Tensor
    states: Tensor
    actions: Tensor
    coordinates: Tensor
    games: Tensor
    statistics: Tensor

    def __len__(self) -> int:
        return len(self.actions)

    def take(self, chosen: Tensor) -> "Moves":
        """Return some of the moves, by their numbers or by a boolean for each."""
        return Moves(*(getattr(self, name)[chosen] for name in Moves.__dataclass_fields__))

    def batch(self, rows: Tensor, dtype: torch.dtype = torch.float32) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Return images, states, actions and coordinates of some moves, as ``PeopleModel.log_likelihoods`` has them."""
        return (
            self.images[rows].to(dtype),
            self.states[rows].to(dtype),
            self.actions[rows],
            self.coordinates[rows].to(dtype),
        )


def moves_of(games: Sequence[tuple[Pixels, Sequence[Step], Sequence[Step], bool]]) -> Moves:
    """Return the moves of continuations of games.

    Args:
        games: for each the photo (64, 64, 3), the steps that stood before, those that are looked at, and whether to
            stop after them is one more move; after the last possible step it is none.
    """
    images, states, actions, coordinates, numbers = [], [], [], [], []
    for number, (view, before, steps, stops) in enumerate(games):
        picture, used = apply_steps(view, before), [step.filter for step in before]
        ends: list[Step | None] = [None] if stops and len(before) + len(steps) < MAXIMUM_STEPS else []
        for step in [*steps, *ends]:
            images.append(np.clip(picture, 0, LARGEST).astype(np.float16).transpose(2, 0, 1))
            numbers_before = np.zeros(state.SIZE, np.float32)
            numbers_before[state.STEP] = len(used)
            numbers_before[state.USED] = [slug in used for slug in FILTERS]
            states.append(numbers_before)
            where = np.zeros(MOST_COORDINATES)
            if step is not None:
                own = coordinates_of(step.filter, step.parameters)
                where[: len(own)] = own
                picture = apply_steps(picture, [step])
                used.append(step.filter)
            actions.append(ACTIONS.index(STOP if step is None else step.filter))
            coordinates.append(where)
            numbers.append(number)
    count = len(actions)
    pictures = torch.from_numpy(np.array(images, np.float16).reshape(count, 3, *_size(games)))
    statistics = [picture_statistics(part.float()) for part in torch.split(pictures, AT_ONCE)] if count else []
    return Moves(
        pictures,
        torch.from_numpy(np.array(states, np.float32).reshape(count, state.SIZE)),
        torch.tensor(actions, dtype=torch.long),
        torch.from_numpy(np.array(coordinates).reshape(count, MOST_COORDINATES)).float(),
        torch.tensor(numbers, dtype=torch.long),
        torch.cat(statistics) if count else torch.zeros(0, STATISTICS),
    )


def _size(games: Sequence[tuple[Pixels, Sequence[Step], Sequence[Step], bool]]) -> tuple[int, int]:
    return (games[0][0].shape[0], games[0][0].shape[1]) if games else (1, 1)


def moves_of_play(play: Play) -> Moves:
    """Return all moves of all games, each with its stop."""
    return moves_of([(play.views[game.photo], (), game.steps, True) for game in play.games])


# Of people, and of photos, this part is held out; of the other photos, this part is for choosing a checkpoint.
HELD_OUT, VALIDATION = 0.15, 0.1


@dataclass(frozen=True)
class Split:
    """Play in parts that share neither photos nor, but for the validation, people.

    Attributes:
        trained: what is learned from.
        validation: the same people on other photos: by it the checkpoint is chosen.
        held_out: other people on other photos again: what is reported.
        known: those other people on the photos that are learned from: what may be known of them.
    """

    trained: Play
    validation: Play
    held_out: Play
    known: Play


def split_play(play: Play, seed: int) -> Split:
    """Split play by person and by photo.

    Raises:
        TooLittle: if there are too few people or photos, or nothing is left in a part.
    """
    if len(play.people) < 2:
        raise TooLittle(
            f"all play is by one person, {play.people[0]}: what a model knows of people is judged on other people. "
            "Export a study with two people at least; thirty are a beginning"
        )
    if len(play.photos) < 3:
        raise TooLittle(
            f"all play is on {len(play.photos)} photo{'s'[: len(play.photos) - 1]}: a model is judged on photos that "
            "it has not seen. Export a study with three photos at least; thirty are a beginning"
        )
    random = np.random.default_rng([seed, 21])
    people, photos = list(random.permutation(play.people)), list(random.permutation(play.photos))
    others = max(1, round(HELD_OUT * len(people)))
    unseen = max(1, round(HELD_OUT * len(photos)))
    chosen_by = max(1, round(VALIDATION * (len(photos) - unseen)))
    held_people, own_people = people[:others], people[others:]
    held_photos, validation, seen = photos[:unseen], photos[unseen : unseen + chosen_by], photos[unseen + chosen_by :]
    parts = Split(
        play.of(own_people, seen),
        play.of(own_people, validation),
        play.of(held_people, held_photos),
        play.of(held_people, [*seen, *validation]),
    )
    for name, part in (("to learn from", parts.trained), ("to be judged on", parts.held_out)):
        if not part.games:
            raise TooLittle(
                f"with {len(play.people)} people and {len(play.photos)} photos, nothing is left {name}: the people who "
                "are held out played none of the photos that are. Export more play, or try another --seed"
            )
    return parts
