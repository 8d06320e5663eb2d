"""The agents that come with the project, on pictures that were made for them: what their edits must not break."""

from pathlib import Path

import numpy as np
import pytest

from editing.game.filters import FILTERS, apply_steps, luminance
from editing.game.rules import Step
from editing.photos.preview import agent_view
from learning.agent.checkpoint import SHIPPED, load_agent
from learning.agent.games import GameRequest, PlayedStep
from learning.agent.networks import NOTHING_NORMALISED
from learning.agent.playing import play
from learning.metrics.artefacts import Artefacts, artefacts, mean_artefacts
from tests.learning.scenes import Pixels, scene

PICTURES = 12


@pytest.fixture(scope="module")
def scenes() -> list[Pixels]:
    return [scene(seed) for seed in range(PICTURES)]


@pytest.fixture(scope="module", params=["pretrained", pytest.param("pretrained-film", marks=pytest.mark.long)])
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def games(name: str, scenes: list[Pixels]) -> list[list[PlayedStep]]:
    checkpoint = load_agent(Path(name))
    requests = [GameRequest(str(number), 0, agent_view(pixels)) for number, pixels in enumerate(scenes)]
    return play(checkpoint.agent.double(), checkpoint.widths, requests, seed=0)


@pytest.fixture(scope="module")
def edits(games: list[list[PlayedStep]]) -> list[list[Step]]:
    return [[played.step for played in game] for game in games]


@pytest.fixture(scope="module")
def broken(scenes: list[Pixels], edits: list[list[Step]]) -> Artefacts:
    return mean_artefacts([artefacts(pixels, steps) for pixels, steps in zip(scenes, edits, strict=True)])


def test_it_brings_out_what_is_dark_and_burns_little(scenes: list[Pixels], edits: list[list[Step]]) -> None:
    for pixels, steps in zip(scenes, edits, strict=True):
        after = apply_steps(pixels, steps)
        before_and_after = [float(luminance((one[..., 0], one[..., 1], one[..., 2])).mean()) for one in (pixels, after)]
        assert before_and_after[1] > 1.2 * before_and_after[0]
        assert (after > 1).mean() < 0.1


def brightness(pixels: Pixels) -> float:
    """The mean luminance, as a screen shows it."""
    red, green, blue = np.moveaxis(np.clip(pixels, 0, 1), -1, 0)
    return float(luminance((red, green, blue)).mean())


def curve_to(pixels: Pixels, bright: float) -> list[Step]:
    """A brightening that nobody would call broken: one plain curve, to a given brightness."""
    low, high = -3.5, 3.5
    for _ in range(20):
        middle = (low + high) / 2
        steps = [Step("exposure", {"ev": middle}), Step("gamma", {"gamma": 0.8})]
        low, high = (middle, high) if brightness(apply_steps(pixels, steps)) < bright else (low, middle)
    return steps


def test_lifted_blacks_are_little_noisier_in_colour_than_under_a_plain_curve_that_is_as_bright(
    scenes: list[Pixels], edits: list[list[Step]], broken: Artefacts
) -> None:
    plain = mean_artefacts(
        [
            artefacts(pixels, curve_to(pixels, brightness(apply_steps(pixels, steps))))
            for pixels, steps in zip(scenes, edits, strict=True)
        ]
    )
    assert broken.chroma_noise < 1.6 * plain.chroma_noise


def test_greys_stay_nearly_grey_and_hues_where_they_are(broken: Artefacts) -> None:
    assert broken.grey_cast < 5
    assert broken.hue_shift < 20


def test_that_for_film_knows_more_than_a_handful_of_orders(name: str, games: list[list[PlayedStep]]) -> None:
    orders = {tuple(played.step.filter for played in game) for game in games}
    assert len(orders) > (5 if name == "pretrained-film" else 0)
    assert all(set(played.probabilities) == set(FILTERS) for game in games for played in game)


def test_that_for_photographs_gives_one_picture_of_a_photo_however_dark_it_was_taken(scenes: list[Pixels]) -> None:
    checkpoint = load_agent(Path("pretrained"))
    assert checkpoint.agent.normalisation.exposure
    for pixels in scenes[:4]:
        bright = pixels * np.float32(0.5 / np.quantile(pixels.max(axis=-1), 0.99))
        photos = [bright, bright * np.float32(2**-1.0)]
        requests = [GameRequest("photo", 0, agent_view(photo)) for photo in photos]
        played = play(checkpoint.agent.double(), checkpoint.widths, requests, seed=0)
        first, second = (
            np.clip(apply_steps(photo, [turn.step for turn in game]), 0, 1)
            for photo, game in zip(photos, played, strict=True)
        )
        assert float(np.abs(first - second).max()) < 0.01


def test_they_take_little_room() -> None:
    assert sum(path.stat().st_size for path in SHIPPED.rglob("*") if path.is_file()) < 20e6
    assert {path.name for path in SHIPPED.iterdir()} == {"pretrained", "pretrained-film"}
    assert all((folder / "CARD.md").exists() for folder in SHIPPED.iterdir())


def test_that_for_film_plays_as_it_did_before_agents_could_see_photos_normalised() -> None:
    checkpoint = load_agent(Path("pretrained-film"))
    assert checkpoint.agent.normalisation == NOTHING_NORMALISED
    view = np.random.default_rng(0).random((64, 64, 3), dtype=np.float32) ** 4
    (game,) = play(checkpoint.agent.double(), checkpoint.widths, [GameRequest("0" * 64, 0, view)], seed=3)
    assert [turn.step.filter for turn in game] == ["contrast", "exposure", "gamma", "color", "tone"]
    assert game[0].step.parameters == {"amount": pytest.approx(-0.707227269, abs=1e-8)}
