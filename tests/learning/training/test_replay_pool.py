"""The bookkeeping of the replay pool."""

import pytest
import torch
from torch import Tensor

from learning.agent import state
from learning.training.replay_pool import ReplayPool


class Counter:
    """Fresh photos, each filled with its own number."""

    def __init__(self) -> None:
        self.given = 0

    def __call__(self, count: int) -> Tensor:
        numbers = torch.arange(self.given, self.given + count, dtype=torch.float32)
        self.given += count
        return numbers[:, None, None, None].expand(-1, 3, 2, 2).clone()


def numbers(images: Tensor) -> list[int]:
    return [int(image[0, 0, 0]) for image in images]


def make_pool(capacity: int) -> tuple[ReplayPool, Counter]:
    counter = Counter()
    return ReplayPool(capacity, counter, torch.Generator().manual_seed(0)), counter


def finish(states: Tensor) -> Tensor:
    done = states.clone()
    done[:, state.STOPPED] = 1
    return done


def test_its_records_are_those_that_it_holds_and_which_are_finished() -> None:
    pool, _ = make_pool(4)
    images, states = pool.draw(2)
    taken = set(numbers(images))
    pool.put_back(images, finish(states))
    found, finished = pool.records()
    assert set(numbers(found[finished])) == taken
    assert set(numbers(found[~finished])) == set(range(4)) - taken
    pool.draw(1)
    assert len(pool.records()[0]) == pool.held


def test_a_draw_takes_records_out_and_results_go_back() -> None:
    pool, counter = make_pool(8)
    images, states = pool.draw(3)
    assert len(set(numbers(images))) == 3
    assert pool.held == 5
    pool.put_back(images + 100, states)
    assert pool.held == 8
    assert counter.given == 8
    seen, _ = pool.draw(8)
    assert {number for number in numbers(seen) if number >= 100} == {number + 100 for number in numbers(images)}


def test_finished_records_that_the_agent_meets_are_thrown_away_and_replaced_by_fresh_photos() -> None:
    pool, counter = make_pool(6)
    images, states = pool.draw(6)
    half = torch.cat([finish(states[:3]), states[3:]])
    pool.put_back(images, half)
    drawn, drawn_states = pool.draw(3)
    assert not bool(state.finished(drawn_states).any())
    assert set(numbers(drawn)) == set(numbers(images[3:]))
    before = counter.given
    met = 3 - (pool.held)  # finished ones that came up before the third unfinished one
    pool.put_back(drawn, finish(drawn_states))
    assert pool.held == 6
    assert counter.given == before + met


def test_a_pool_without_enough_unfinished_records_is_filled_with_fresh_photos() -> None:
    pool, counter = make_pool(4)
    images, states = pool.draw(4)
    pool.put_back(images, finish(states))
    drawn, drawn_states = pool.draw(4)
    assert sorted(numbers(drawn)) == [4, 5, 6, 7]
    assert not bool(drawn_states.any())
    assert counter.given == 8


def test_the_critics_draw_cycles_and_leaves_the_pool_as_it_is() -> None:
    pool, _ = make_pool(6)
    images, states = pool.draw(3)
    pool.put_back(images, finish(states))
    drawn = numbers(pool.images[pool.draw_finished(7)])
    assert set(drawn) == set(numbers(images))
    assert sorted(drawn.count(number) for number in set(drawn)) == [2, 2, 3]
    assert pool.held == 6
    assert set(numbers(pool.images[pool.draw_finished(7)])) == set(numbers(images))


def test_a_draw_of_more_than_the_pool_holds_is_refused() -> None:
    with pytest.raises(ValueError, match="pool of 4 records cannot give 5"):
        make_pool(4)[0].draw(5)


def test_the_critics_draw_needs_a_finished_image() -> None:
    with pytest.raises(ValueError, match="no finished image"):
        make_pool(4)[0].draw_finished(2)
