"""The default recipe: whole games by the rules, what its agent learns from, and that it is repeatable."""

import numpy as np
import pytest
import torch
from torch import Tensor

from editing.game.filters import FILTERS, luminance
from learning.agent.architecture import EXPLORATION
from learning.agent.critic import Critic
from learning.agent.networks import Agent, draw_masks, initialise
from learning.agent.state import USED
from learning.configuration import FastConfig, Widths
from learning.metrics.artefacts import hue_shift as described_hue_shift
from learning.photos.batches import NO_AUGMENTATION, Augmentation, CropSampler
from learning.photos.squares import Squares
from learning.photos.unprocessing import with_unprocessed
from learning.training.fast_recipe import (
    FastTrainer,
    chroma_noise,
    draw_probes,
    grey_cast,
    hue_shift,
    idleness,
    leave_one_out_advantage,
    r1_penalty,
    reconstruction_error,
    roll_out,
    step_advantages,
)
from learning.training.trainer import NetworkOptimizer, TrainingDiverged

CPU = torch.device("cpu")
SMALL = Widths(1, 4)


def photos(seed: int, scale: float) -> CropSampler:
    random = np.random.default_rng(seed)
    return CropSampler([random.random((80, 80, 3), dtype=np.float32) * scale for _ in range(4)], CPU)


@pytest.fixture
def two_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Games are of two steps, which say what five do."""
    monkeypatch.setattr("learning.training.fast_recipe.MAXIMUM_STEPS", 2)


def trainer(seed: int = 1, scale: float = 0.3, *, bfloat16: bool = False) -> FastTrainer:
    config = FastConfig(SMALL, batch=8, iterations=4, seed=seed, fake_buffer_batches=1, bfloat16=bfloat16)
    return FastTrainer(config, photos(0, scale), photos(1, 1.0), CPU)


def weights(one: FastTrainer) -> dict[str, Tensor]:
    return {name: value for name, value in one.state().items() if "/weights/" in name}


def test_a_game_has_five_different_filters_and_its_probability_is_of_those() -> None:
    generator = torch.Generator().manual_seed(0)
    agent = initialise(Agent(SMALL), generator)
    images = torch.rand(16, 3, 64, 64, generator=generator) * 0.3
    masks = draw_masks(16 * 5, SMALL, generator).view(16, 5, 2, SMALL.features)
    z, probes = torch.rand(16, 5, generator=generator), draw_probes(images, generator)
    games = roll_out(agent, images, masks, z, probes)
    assert all(len(set(row)) == 5 for row in games.choices.tolist())
    # An agent that knows nothing yet chooses one of 8, then of 7 ... then of 4.
    even = -np.log(8 * 7 * 6 * 5 * 4)
    assert games.log_probability.tolist() == pytest.approx([even] * 16, rel=0.3)
    assert float(games.entropy.detach().max()) <= np.log([8, 7, 6, 5, 4]).mean() + 1e-6


def test_noise_that_is_amplified_counts_in_steps_and_grey_noise_does_not() -> None:
    colours = torch.full((1, 3, 1, 64), 0.25)
    noise = torch.randn((1, 3, 1, 64), generator=torch.Generator().manual_seed(0)) / 255

    def of(moved: Tensor) -> float:
        return float(chroma_noise(torch.cat([colours, colours + moved, colours], dim=2)))

    assert of(torch.zeros_like(noise)) == pytest.approx(0, abs=0.011)
    assert of(noise[:, :1].expand(-1, 3, -1, -1)) == pytest.approx(0, abs=0.011)
    assert of(4 * noise) == pytest.approx(4 * of(noise), rel=1e-3)
    assert 0.5 < of(noise) < 1.5
    assert of(noise + 2) < of(noise)  # what is clipped is not seen


def test_a_cast_is_how_far_greys_are_from_grey() -> None:
    probes = torch.full((1, 3, 3, 64), 0.25)
    assert float(grey_cast(probes)) == pytest.approx(0, abs=0.011)
    probes[:, 0] += 10 / 255
    chroma = [10 * (1 - 0.27), -10 * 0.27, -10 * 0.27]
    assert float(grey_cast(probes)) == pytest.approx(float(np.sqrt(np.square(chroma).mean())), rel=1e-3)


def test_hues_turn_about_as_far_as_describe_says_and_not_by_light_or_dull_colours() -> None:
    before = torch.rand((2, 3, 3, 64), generator=torch.Generator().manual_seed(0)) * 0.25
    light = luminance((before[:, 0], before[:, 1], before[:, 2]))[:, None].expand_as(before)
    for unturned in (before * 2, light + 0.5 * (before - light), light, torch.zeros_like(before)):
        assert hue_shift(before, unturned).tolist() == pytest.approx([0, 0], abs=0.1)
    for gamma in (0.5, 0.8):
        turned = before**gamma
        photos_of = [pixels[:, :, 0].numpy().transpose(0, 2, 1) for pixels in (before, turned)]
        described = [described_hue_shift(*both) for both in zip(*photos_of, strict=True)]
        assert hue_shift(before, turned).tolist() == pytest.approx(described, rel=0.4)


def test_where_there_is_no_hue_its_turning_teaches_nothing_infinite() -> None:
    for colours in (torch.zeros((1, 3, 3, 64)), torch.full((1, 3, 3, 64), 0.5), torch.rand((1, 3, 3, 64))):
        after = colours.clone().requires_grad_()
        hue_shift(colours, after).sum().backward()
        assert after.grad is not None
        assert bool(after.grad.isfinite().all())


def test_probes_are_pixels_of_the_photo_moved_by_at_most_half_a_step() -> None:
    image = torch.rand(2, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    pixels, moved, greys = draw_probes(image, torch.Generator().manual_seed(1)).unbind(dim=2)
    for photo in range(2):
        colours = {tuple(colour) for colour in image[photo].flatten(1).T.tolist()}
        assert {tuple(colour) for colour in pixels[photo].T.tolist()} <= colours
    assert torch.equal(greys[:, 0], greys[:, 2])
    assert 0.4 / 255 < float((moved - pixels).abs().max()) <= 0.5 / 255 + 1e-7


def test_the_advantage_is_over_the_other_games_on_the_same_photo() -> None:
    returns = torch.tensor([1.0, 2.0, 6.0, 5.0, 5.0, 5.0])
    spread = float(returns.std(correction=0))
    expected = [(1 - 4) / spread, (2 - 3.5) / spread, (6 - 1.5) / spread, 0, 0, 0]
    assert leave_one_out_advantage(returns, games_per_photo=3).tolist() == pytest.approx(expected, rel=1e-4)


def test_the_penalty_is_the_squared_gradient_at_reals_and_can_be_differentiated() -> None:
    critic = initialise(Critic(SMALL), torch.Generator().manual_seed(0))
    real = torch.rand(2, 3, 64, 64, generator=torch.Generator().manual_seed(1))
    _, penalty = r1_penalty(critic, real)
    step = 1e-3 * torch.randn(real.shape, generator=torch.Generator().manual_seed(2))
    leaf = real.clone().requires_grad_()
    (gradient,) = torch.autograd.grad(critic(leaf).sum(), leaf)
    assert float(penalty.detach()) == pytest.approx(float(gradient.square().sum()) / 2, rel=1e-5)
    change = (critic(real + step) - critic(real - step)).sum().detach()
    assert float(change) == pytest.approx(2 * float((gradient * step).sum()), rel=0.05, abs=1e-6)
    assert bool(torch.autograd.grad(penalty, critic.head.hidden.weight)[0].any())


@pytest.mark.parametrize("bfloat16", [False, True])
def test_an_iteration_moves_every_head_that_was_used_and_the_critic(bfloat16: bool) -> None:
    one = trainer(bfloat16=bfloat16)
    before = weights(one)
    metrics = one.iterate()
    moved = {name for name, value in weights(one).items() if not torch.equal(value, before[name])}
    used = {name.removeprefix("used_") for name, value in metrics.items() if name.startswith("used_") and value}
    assert {f"agent/weights/heads.{slug}.output.bias" for slug in used} <= moved
    assert {"agent/weights/choice.output.bias", "critic/weights/head.output.bias"} <= moved
    assert sum(value for name, value in metrics.items() if name.startswith("used_")) == pytest.approx(5)


def test_an_update_is_adams_whatever_the_layout_of_the_gradients() -> None:
    networks = [initialise(Critic(SMALL), torch.Generator().manual_seed(0)) for _ in range(2)]
    images = torch.rand(4, 3, 64, 64, generator=torch.Generator().manual_seed(1))
    optimizer = NetworkOptimizer(networks[0], (0.5, 0.99), CPU)
    optimizer.step(optimizer.gradients(networks[0](images).mean()), rate=1e-2)
    networks[1](images).mean().backward()
    torch.optim.Adam(networks[1].parameters(), lr=1e-2, betas=(0.5, 0.99), fused=False, foreach=False).step()
    for ours, plain in zip(*(network.parameters() for network in networks), strict=True):
        torch.testing.assert_close(ours, plain, rtol=0, atol=1e-4)


@pytest.mark.usefixtures("two_steps")
def test_the_same_seed_gives_the_same_weights_and_another_seed_others() -> None:
    first, again, other = (trainer(seed) for seed in (1, 1, 2))
    for one in (first, again, other):
        one.iterate()
    assert all(torch.equal(value, weights(again)[name]) for name, value in weights(first).items())
    assert not all(torch.equal(value, weights(other)[name]) for name, value in weights(first).items())


def test_values_that_are_not_finite_stop_the_training() -> None:
    with pytest.raises(
        TrainingDiverged, match=r"iteration 0: .* is nan; the training has diverged. Try another --seed"
    ):
        trainer(scale=float("nan")).iterate()


def test_an_agent_that_is_sure_of_every_choice_early_stops_the_training(monkeypatch: pytest.MonkeyPatch) -> None:
    def always_one_order(agent: Agent, images: Tensor, states: Tensor, masks: Tensor) -> Tensor:
        first_unused = states[:, USED].argmin(dim=1)
        sure = torch.nn.functional.one_hot(first_unused, len(FILTERS)) * (1 - EXPLORATION) + EXPLORATION / len(FILTERS)
        return sure + 0 * probabilities(agent, images, states, masks)

    probabilities = Agent.probabilities
    monkeypatch.setattr(Agent, "probabilities", always_one_order)
    one = trainer()
    with pytest.raises(TrainingDiverged, match=r"the agent has stopped exploring. Try another --seed") as stopped:
        one.iterate()
    assert stopped.value.metrics["entropy"] == pytest.approx(one.least_entropy, abs=1e-4)
    one.iteration = 2
    one.check(stopped.value.metrics)


@pytest.mark.parametrize("wrong", [{"batch": 0}, {"iterations": 0}, {"batch": 7}])
def test_a_config_that_cannot_work_is_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        FastConfig(**wrong)


@pytest.mark.usefixtures("two_steps")
def test_the_inputs_are_augmented_and_the_targets_are_not(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: dict[int, set[Augmentation]] = {}
    draw = CropSampler.draw

    def recorded(
        self: CropSampler, count: int, generator: torch.Generator, augmentation: Augmentation = NO_AUGMENTATION
    ) -> Tensor:
        drawn.setdefault(id(self), set()).add(augmentation)
        return draw(self, count, generator, augmentation)

    monkeypatch.setattr(CropSampler, "draw", recorded)
    inputs, targets = photos(0, 0.3), photos(1, 1.0)
    config = FastConfig(SMALL, batch=8, iterations=4, augment_exposure=1.0)
    FastTrainer(config, inputs, targets, CPU).iterate()
    assert drawn == {id(inputs): {Augmentation(exposure=1.0)}, id(targets): {NO_AUGMENTATION}}


def test_a_step_is_idle_by_how_little_of_what_is_shown_it_changes() -> None:
    before = torch.full((4, 3, 8, 8), 0.5)
    after = torch.stack([before[0], before[0] + 2 / 255, before[0] + 4 / 255, before[0] + 0.2])
    assert idleness(before, after).tolist() == pytest.approx([1.0, 0.5, 0.0, 0.0], abs=1e-5)
    assert idleness(before + 2, before + 3).tolist() == pytest.approx([1.0] * 4)  # white stays white on a screen


def test_results_are_compared_with_what_photos_were_where_that_is_known() -> None:
    images = torch.full((2, 3, 8, 8), 0.75, requires_grad=True)
    finished = torch.stack([torch.full((3, 8, 8), 0.25), torch.full((3, 8, 8), torch.nan)])
    errors = reconstruction_error(images, finished)
    assert errors.tolist() == pytest.approx([0.5, 0.0], abs=1e-4)
    (gradient,) = torch.autograd.grad(errors.sum(), images)
    assert bool(gradient.isfinite().all())
    assert float(gradient[0].min()) > 0 == float(gradient[1].abs().max())


def lever_trainer(**settings: float) -> FastTrainer:
    """A run with every lever, on photos of which half were unprocessed."""
    random = np.random.default_rng(0)
    sets = [Squares.of(random.random((6, 80, 80, 3), dtype=np.float32)) for _ in range(2)]
    squares = with_unprocessed(*sets, share=0.5, seed=0)
    assert squares.finished is not None
    config = FastConfig(
        SMALL,
        batch=8,
        iterations=4,
        normalise_exposure=True,
        normalise_white_balance=True,
        reconstruction_penalty=4.0,
        hue_penalty=0.02,
        idle_penalty=0.1,
        augment_temperature=1500.0,
        entropy_bonus_at_end=-0.02,
        **settings,
    )
    samplers = (CropSampler(one, CPU) for one in (squares.inputs, squares.targets))
    return FastTrainer(config, *samplers, CPU, finished=CropSampler(squares.finished, CPU))


@pytest.mark.usefixtures("two_steps")
def test_a_run_with_every_lever_compares_and_is_continued_as_if_it_had_not_been_stopped() -> None:
    whole, stopped = lever_trainer(average=0.9), lever_trainer(average=0.9)
    metrics = [whole.iterate() for _ in range(2)]
    assert any(one["reconstruction_error"] > 0 for one in metrics)
    stopped.iterate()
    continued = lever_trainer(average=0.9)
    continued.load(stopped.state())
    continued.iterate()
    state = whole.state()
    assert all(torch.equal(value, state[name]) for name, value in continued.state().items())


@pytest.mark.usefixtures("two_steps")
def test_the_average_of_the_weights_is_what_plays_and_is_stored_as_the_agent() -> None:
    run = lever_trainer(average=0.9)
    trained = run.optimizers["agent"].network
    expected = {name: value.clone() for name, value in trained.state_dict().items()}
    for _ in range(2):
        run.iterate()
        expected = {name: 0.9 * value + 0.1 * trained.state_dict()[name] for name, value in expected.items()}
    for name, value in run.agent.state_dict().items():
        torch.testing.assert_close(value, expected[name])
        assert torch.equal(run.state()[f"agent/weights/{name}"], value)
        assert torch.equal(run.state()[f"agent/trained/{name}"], trained.state_dict()[name])


def test_what_was_foreseen_before_a_step_is_no_merit_of_it() -> None:
    known = torch.tensor([0.0, 1.0, 2.0, 5.0, 1.0, 0.0])
    chosen = torch.tensor([1.0, -1.0, 1.0, -1.0, 1.0, -1.0])
    chosen = chosen - chosen.mean()
    nothing = torch.full((6,), 3.0)
    returns = 2 * known + 0.5 * chosen
    worth = torch.stack([returns, nothing, known], dim=1)
    first, second = step_advantages(worth, games_per_photo=3).unbind(dim=1)
    torch.testing.assert_close(first, leave_one_out_advantage(returns, games_per_photo=3))
    apart = [float(torch.corrcoef(torch.stack([one, chosen]))[0, 1]) for one in (first, second)]
    assert apart[0] < 0.5 < 0.9 < apart[1]
    assert float(second.std()) < float(first.std()) / 3


def test_a_run_whose_agent_may_stop_and_has_a_baseline_for_each_step_learns_both() -> None:
    run = lever_trainer(stop=True, step_baseline=True)
    before = run.agent.choice.output.bias.clone()
    metrics = run.iterate()
    assert 2 <= metrics["steps"] < 5
    assert metrics["steps"] == pytest.approx(sum(metrics[f"used_{slug}"] for slug in FILTERS))
    assert bool((run.agent.choice.output.bias != before).all())
