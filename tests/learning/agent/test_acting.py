"""One step of the agent: how a filter is chosen, that it is applied as everywhere, and the states."""

import numpy as np
import torch

from editing.game.filters import FILTERS, apply_steps
from editing.game.rules import Step
from learning.agent import state
from learning.agent.acting import act, most_probable, sample_filters, without_used
from learning.agent.networks import Agent, create_networks
from learning.configuration import Widths

SMALL = Widths(width=2, hidden=4)


def small_agent() -> Agent:
    return create_networks(SMALL, torch.Generator().manual_seed(3)).agent


def test_sampling_counts_the_exclusive_sums_below_z() -> None:
    p = torch.tensor([[0.5, 0.25, 0.25]]).expand(6, 3)
    z = torch.tensor([0.01, 0.49, 0.51, 0.74, 0.76, 0.99])
    assert sample_filters(p, z).tolist() == [0, 0, 1, 1, 2, 2]


def test_sampling_takes_the_first_filter_at_zero() -> None:
    assert sample_filters(torch.tensor([[0.5, 0.5]]), torch.tensor([0.0])).tolist() == [0]


def test_used_filters_are_masked_and_the_rest_renormalised() -> None:
    p = torch.full((1, 8), 0.05)
    p[0, 2] = 0.65
    states = state.fresh_states(1, p)
    states[0, state.USED][2] = 1
    masked = without_used(p, states)
    assert float(masked[0, 2]) == 0
    torch.testing.assert_close(masked[0, [0, 1, 3, 4, 5, 6, 7]], torch.full((7,), 1 / 7))


def test_every_filter_is_applied_as_numpy_does() -> None:
    images = torch.rand(8, 3, 64, 64, generator=torch.Generator().manual_seed(1))
    order = torch.tensor([3, 0, 7, 5, 1, 6, 2, 4])
    with torch.no_grad():
        action = act(small_agent(), images, state.fresh_states(8, images), None, lambda _: order)
    assert action.choice.tolist() == order.tolist()
    for group in action.groups:
        (row,) = group.rows.tolist()
        assert group.slug == list(FILTERS)[order[row]]
        step = Step(group.slug, {name: float(value[0]) for name, value in group.parameters.items()})
        expected = apply_steps(images[row].permute(1, 2, 0).numpy(), [step])
        np.testing.assert_allclose(action.images[row].permute(1, 2, 0).numpy(), expected, atol=2e-6)


def test_states_count_steps_and_filters_and_stop_after_five() -> None:
    states = state.fresh_states(1, torch.zeros(1))
    for step, filter_index in enumerate([4, 0, 4, 7, 1]):
        assert float(state.used_before(states, torch.tensor([filter_index]))) == (step == 2)
        assert not bool(state.finished(states))
        states = state.next_states(states, torch.tensor([filter_index]))
    assert states[0].tolist() == [1, 1, 5, 1, 1, 0, 0, 1, 0, 0, 1]
    assert bool(state.finished(states))


def test_heads_of_filters_not_chosen_get_gradients_of_zero() -> None:
    agent = small_agent()
    images = torch.rand(2, 3, 64, 64)
    action = act(agent, images, state.fresh_states(2, images), None, lambda p: torch.zeros(len(p), dtype=torch.long))
    chosen, other = (agent.heads[slug].output.weight for slug in ("exposure", "color"))
    for_chosen, for_other = torch.autograd.grad(action.images.mean(), [chosen, other])
    assert bool(for_chosen.any())
    assert not bool(for_other.any())


def test_a_batch_does_as_its_images_do_alone() -> None:
    agent = small_agent().double()
    images = torch.rand(5, 3, 64, 64, dtype=torch.float64)
    states = state.fresh_states(5, images)
    masks = torch.randint(2, (5, 2, SMALL.features)) * 2.0
    with torch.no_grad():
        together = act(agent, images, states, masks, most_probable)
        for row in range(5):
            one = slice(row, row + 1)
            alone = act(agent, images[one], states[one], masks[one], most_probable)
            assert alone.choice.tolist() == together.choice[one].tolist()
            torch.testing.assert_close(alone.images, together.images[one], rtol=0, atol=1e-12)
