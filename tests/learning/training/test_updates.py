"""Updates that are recorded once and replayed.

On the CPU, a tape stands in for a CUDA graph. It too records the operations of one call, whatever Python did in
between, and then runs them on other numbers; those that ask for a number are found on it.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor
from torch._ops import OpOverload
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_flatten, tree_leaves

from learning.configuration import FastConfig, PaperConfig, Widths
from learning.photos.batches import CropSampler
from learning.training.fast_recipe import FastTrainer
from learning.training.paper_recipe import PaperTrainer
from learning.training.trainer import Trainer
from learning.training.updates import Capture, CapturedUpdate, CaptureFailed, Compute, Update, cuda_graph

CPU, BOOL = torch.device("cpu"), torch.bool
SMALL = Widths(2, 4)
# Operations that copy a constant from the host, or ask how many of something there are.
NOT_IN_A_GRAPH = {"lift_fresh", "lift_fresh_copy", "_local_scalar_dense"}
NOT_IN_A_GRAPH |= {"nonzero", "bincount", "_unique2", "masked_select", "repeat_interleave"}


class Tape(TorchDispatchMode):
    """Records the operations that torch runs, those of autograd too, with their arguments and results."""

    def __init__(self) -> None:
        super().__init__()
        self.operations: list[tuple[OpOverload, Any, Any, Any]] = []

    def __torch_dispatch__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Run an operation, and record it."""
        result = function(*args, **(kwargs or {}))
        self.operations.append((function, args, kwargs or {}, result))
        return result

    def replay(self) -> dict[int, Tensor]:
        """Run the operations on what their inputs hold now: the new results, by the identity of the recorded ones."""
        results: dict[int, Any] = {}
        for function, args, kwargs, recorded in self.operations:
            options = {name: _replaced(value, results) for name, value in kwargs.items()}
            _keep(recorded, function(*_replaced(args, results), **options), results)
        return results


# torch's own functions on trees would take as long as all that is computed.
def _replaced(value: Any, results: dict[int, Any]) -> Any:
    if isinstance(value, list | tuple):
        items = [_replaced(item, results) for item in value]
        return items if isinstance(value, list) else tuple(items)
    return results.get(id(value), value)


def _keep(recorded: Any, result: Any, results: dict[int, Any]) -> None:
    if isinstance(recorded, Tensor):
        results[id(recorded)] = result
    elif isinstance(recorded, list | tuple):
        for one, own in zip(recorded, result, strict=True):
            _keep(one, own, results)


class Tracer:
    """Records by a tape; keeps what it has recorded."""

    def __init__(self) -> None:
        self.tapes: list[Tape] = []

    def __call__(self, compute: Compute, inputs: Sequence[Tensor]) -> tuple[Callable[[], None], Update]:
        """Record, as ``cuda_graph`` does."""
        with Tape() as tape:
            update = compute(*inputs)
        self.tapes.append(tape)

        def replay() -> None:
            with torch.no_grad():
                results = tape.replay()
                for output in flat(update):
                    output.detach().copy_(results[id(output)])

        return replay, update


def flat(update: Update) -> list[Tensor]:
    """All tensors of an update."""
    parts = [list(update.gradients.values()), list(update.metrics.values()), list(update.results)]
    return [one for one in tree_flatten(parts)[0] if isinstance(one, Tensor)]


def trainer(recipe: str, capture: Capture | None, device: torch.device = CPU) -> Trainer:
    random = np.random.default_rng(0)
    inputs, targets = (
        CropSampler([random.random((80, 80, 3), dtype=np.float32) * scale for _ in range(5)], device)
        for scale in (0.4, 1.0)
    )
    if recipe == "fast":
        fast = FastConfig(SMALL, batch=4, iterations=2, fake_buffer_batches=2)
        return FastTrainer(fast, inputs, targets, device, capture=capture)
    paper = PaperConfig(SMALL, batch=8, iterations=2, pool=16, rate=2e-4)
    return PaperTrainer(paper, inputs, targets, device, capture=capture)


def train(one: Trainer) -> Iterable[dict[str, float]]:
    while one.iteration < one.iterations:
        yield one.iterate()


def again(compute: Compute, inputs: Sequence[Tensor]) -> tuple[Callable[[], None], Update]:
    """Computes what it was to record, each time."""
    update = compute(*inputs)

    def replay() -> None:
        for place, value in zip(flat(update), flat(compute(*inputs)), strict=True):
            place.detach().copy_(value.detach())

    return replay, update


def assert_same_run(recorded: Trainer, computed: Trainer) -> list[dict[str, float]]:
    metrics = list(train(recorded))
    for ours, theirs in zip(metrics, train(computed), strict=True):
        assert ours == pytest.approx(theirs, rel=1e-3, abs=1e-4)
    for name, value in computed.state().items():
        if "adam" not in name:
            torch.testing.assert_close(recorded.state()[name], value, rtol=1e-3, atol=1e-4)
    return metrics


@pytest.mark.long
@pytest.mark.parametrize(("recipe", "updates"), [("fast", 3), ("paper", 2)])
def test_a_run_of_recorded_updates_is_the_run_of_computed_ones(
    recipe: str, updates: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Tracing takes its time, and two steps of a game say what five do.
    monkeypatch.setattr("learning.training.fast_recipe.MAXIMUM_STEPS", 2)
    monkeypatch.setattr("learning.training.paper_recipe.CRITIC_UPDATES_AHEAD", 2)
    monkeypatch.setattr("learning.training.paper_recipe.FIRST_PASSES", 12)
    tracer = Tracer()
    recorded = trainer(recipe, tracer)
    beginning = recorded.state()
    metrics = assert_same_run(recorded, trainer(recipe, None))
    assert len(tracer.tapes) == updates
    for tape in tracer.tapes:
        called = {function.name().removeprefix("aten::").partition(".")[0] for function, *_ in tape.operations}
        assert "convolution" in called
        assert not called & NOT_IN_A_GRAPH
        indices = tree_leaves(
            [args[1] for function, args, *_ in tape.operations if "index" in function.name() and len(args) > 1]
        )
        assert not [index for index in indices if isinstance(index, Tensor) and index.dtype == BOOL]
    # What was recorded works on weights that are loaded later.
    recorded.load(beginning)
    assert recorded.iterate() == metrics[0]


@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU")
@pytest.mark.parametrize("recipe", ["fast", "paper"])
def test_a_run_of_cuda_graphs_is_the_run_of_computed_updates(recipe: str, monkeypatch: pytest.MonkeyPatch) -> None:
    # Squares that are read by another thread.
    monkeypatch.setattr("learning.photos.batches.RESIDENT_PART", 0)
    gpu = torch.device("cuda")
    with torch.backends.cudnn.flags(deterministic=True, allow_tf32=False):
        assert_same_run(trainer(recipe, cuda_graph, gpu), trainer(recipe, again, gpu))


def test_what_cannot_be_recorded_or_replays_wrongly_is_refused_with_what_to_do() -> None:
    def compute(given: Tensor) -> Update:
        return Update({"agent": [given * 2]}, {})

    def wrong(compute: Compute, inputs: Sequence[Tensor]) -> tuple[Callable[[], None], Update]:
        gradient = torch.zeros(3)
        return lambda: gradient.copy_(inputs[0] * 3), Update({"agent": [gradient]}, {})

    def idle(compute: Compute, inputs: Sequence[Tensor]) -> tuple[Callable[[], None], Update]:
        return lambda: None, compute(*inputs)

    assert CapturedUpdate(compute, None)(torch.ones(3)).gradients["agent"][0].tolist() == [2, 2, 2]
    with pytest.raises(CaptureFailed, match=r"of norm 3.46, is 1.73 away.*--no-cuda-graphs"):
        CapturedUpdate(compute, wrong)(torch.ones(3))
    with pytest.raises(CaptureFailed, match="is nan away"):
        CapturedUpdate(compute, idle)(torch.ones(3))
    if not torch.cuda.is_available():
        with pytest.raises(CaptureFailed, match=r"cannot be recorded on this device.*--no-cuda-graphs"):
            CapturedUpdate(compute, cuda_graph)(torch.ones(3))
