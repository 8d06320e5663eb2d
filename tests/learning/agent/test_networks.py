"""The networks: their size, what they see, and dropout that can be repeated."""

from functools import partial

import numpy as np
import pytest
import torch

from bench import eager
from learning.agent.architecture import EXPLORATION
from learning.agent.critic import statistics, statistics_by_autograd, with_gradient_by_autograd
from learning.agent.extractor import Extractor
from learning.agent.games import dropout_masks
from learning.agent.networks import create_networks, draw_masks
from learning.agent.state import SIZE, fresh_states
from learning.configuration import PAPER_WIDTHS, Widths

SMALL = Widths(width=2, hidden=4)


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_paper_widths_have_8_56_million_parameters() -> None:
    networks = create_networks(PAPER_WIDTHS)
    count = sum(parameter.numel() for network in networks.modules.values() for parameter in network.parameters())
    assert count == pytest.approx(8.56e6, rel=0.001)


def test_features_follow_from_width() -> None:
    images = torch.rand(2, 3, 64, 64)
    assert Extractor(SIZE, SMALL.width)(images, fresh_states(2, images)).shape == (2, SMALL.features)
    assert Widths(width=32).features == 4096


def test_features_are_flattened_by_height_width_channel() -> None:
    extractor = Extractor(0, SMALL.width)
    seen: list[torch.Tensor] = []
    extractor.convolutions[-1].register_forward_hook(lambda _module, _inputs, output: seen.append(output))
    features = extractor(torch.rand(1, 3, 64, 64), torch.zeros(1, 0))
    last = torch.nn.functional.leaky_relu(seen[0], 0.2)
    channels = last.shape[1]
    assert features[0, :channels].tolist() == last[0, :, 0, 0].tolist()
    assert features[0, channels : 2 * channels].tolist() == last[0, :, 0, 1].tolist()


def test_weights_are_xavier_uniform_and_biases_zero() -> None:
    critic = create_networks(Widths(width=4, hidden=32), generator()).critic
    hidden = critic.head.hidden
    bound = (6 / (hidden.in_features + hidden.out_features)) ** 0.5
    assert float(hidden.weight.detach().abs().max()) == pytest.approx(bound, rel=0.01)
    assert float(hidden.weight.detach().std()) == pytest.approx(bound / 3**0.5, rel=0.05)
    assert not bool(hidden.bias.detach().any())


def test_no_filter_is_less_probable_than_exploration_makes_it() -> None:
    agent = create_networks(SMALL, generator()).agent
    with torch.no_grad():
        agent.choice.output.bias[0] = 100
        p = agent.probabilities(torch.rand(3, 3, 64, 64), fresh_states(3, torch.zeros(1)), None)
    assert p.sum(dim=1).tolist() == pytest.approx([1, 1, 1])
    assert float(p.min()) == pytest.approx(EXPLORATION / 8)
    assert float(p[:, 0].min()) == pytest.approx(1 - EXPLORATION * 7 / 8)


def test_statistics_of_a_known_image() -> None:
    image = torch.zeros(1, 3, 2, 2)
    image[0, :, 0, 0] = 1.5  # white above 1 counts for luminance as it is, for saturation as 1
    image[0, 0, 1, 1] = 0.4
    mean, variance, saturation = statistics(image)[0].tolist()
    y = np.array([1.5, 0, 0, 0.4 * 0.27])
    assert mean == pytest.approx(y.mean() + 1e-5)
    assert variance == pytest.approx(y.var())
    assert saturation == pytest.approx(0.4 / 0.41 / 4)


def test_training_masks_keep_half_and_their_mean() -> None:
    masks = draw_masks(8, Widths(width=16), generator())
    assert set(masks.unique().tolist()) == {0.0, 2.0}
    assert float(masks.mean()) == pytest.approx(1, abs=0.03)


def test_play_masks_depend_on_seed_photo_sample_and_nothing_else() -> None:
    def drawn(seed: int = 1, photo: str = "a", sample: int = 0) -> torch.Tensor:
        return torch.from_numpy(dropout_masks(SMALL, seed, photo, sample))

    torch.manual_seed(5)
    first = drawn()
    torch.manual_seed(6)
    assert torch.equal(first, drawn())
    assert set(first.unique().tolist()) == {0.0, 2.0}
    for other in (drawn(seed=2), drawn(photo="b"), drawn(sample=1)):
        assert not torch.equal(first, other)
    # Fresh at every step, and for each of the two extractors.
    assert not torch.equal(first[0], first[1])
    assert not torch.equal(first[:, 0], first[:, 1])


def test_numbers_are_planes_behind_the_image() -> None:
    extractor = Extractor(SIZE, SMALL.width).double()
    images = torch.rand(2, 3, 64, 64, dtype=torch.float64)
    numbers = torch.rand(2, SIZE, dtype=torch.float64)
    expected = eager.features(extractor, images, numbers)
    torch.testing.assert_close(extractor(images, numbers), expected, rtol=0, atol=1e-12)


def test_the_gradient_of_statistics_is_that_of_autograd_where_values_are_equal_or_out_of_range_too() -> None:
    images = torch.rand(2, 3, 64, 64, dtype=torch.float64, generator=generator()) * 1.6 - 0.3
    images[0, :, :8] = images[0, :1, :8]
    images[1, 1, :8] = images[1, 0, :8]
    images[:, :, 8:10], images[:, 0, 10:12] = 0.5, 0
    images.requires_grad_()
    found, plain = statistics(images), statistics_by_autograd(images)
    torch.testing.assert_close(found, plain)
    for index in range(3):
        ours, theirs = (
            torch.autograd.grad(one[:, index].sum(), images, retain_graph=True)[0] for one in (found, plain)
        )
        torch.testing.assert_close(ours, theirs, rtol=1e-10, atol=1e-12)


def test_the_critics_gradient_and_its_own_gradient_are_those_of_autograd() -> None:
    critic = create_networks(SMALL, generator()).critic.double()
    for parameter in critic.parameters():
        parameter.data.mul_(4)  # so that no share of the gradient is lost beside another
    images = torch.rand(3, 3, 64, 64, dtype=torch.float64, generator=generator()) * 1.2 - 0.1
    answers, plain = with_gradient_by_autograd(partial(eager.score, critic), images)
    found, gradient = critic.with_gradient(images)
    torch.testing.assert_close(found, answers)
    torch.testing.assert_close(gradient, plain, rtol=1e-8, atol=1e-12)
    weights = list(critic.parameters())
    ours, theirs = (
        torch.autograd.grad((one.flatten(1).norm(dim=1) - 1).square().sum() + answer.sum(), weights)
        for one, answer in ((gradient, found), (plain, answers))
    )
    for one, other in zip(ours, theirs, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-5, atol=1e-5 * float(other.abs().max()))
