"""An update of networks as a function of tensors alone, which a GPU can record once and replay.

Captured as a CUDA graph, its hundreds of small kernels start as one: launching each of them by itself takes longer than
the GPU then computes. Such a function must not ask the device for a number, nor copy from the host, and its shapes must
not depend on values (PyTorch's notes on CUDA semantics, "CUDA Graphs").
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

# Runs before the recording, in which libraries choose their kernels and take their memory.
WARM_UP = 3
# How far the first replay may be from what was computed before it, relative to it: more than bfloat16 and sums in
# another order make of it.
TOLERANCE = 0.05


class CaptureFailed(RuntimeError):
    """An update cannot be recorded on this device, or is wrong when it is replayed; the message is one line."""


@dataclass(frozen=True)
class Update:
    """The outcome of an update, before any weight is changed.

    Attributes:
        gradients: of each network's parameters, by the network's name.
        metrics: scalars, by name.
        results: what else comes of it.
    """

    gradients: Mapping[str, Sequence[Tensor]]
    metrics: Mapping[str, Tensor]
    results: tuple[Tensor, ...] = ()


Compute = Callable[..., Update]
# Records a function of these very tensors; what it gives runs it again on what they hold then, and leaves the outcome
# in the same update.
Capture = Callable[[Compute, Sequence[Tensor]], tuple[Callable[[], None], Update]]


class CapturedUpdate:
    """A function from tensors to an update: computed anew at each call, or recorded at the first and then replayed.

    What a replay gives holds until the next one.
    """

    def __init__(self, compute: Compute, capture: Capture | None) -> None:
        """Take a function whose inputs have the same shapes in every call; None records nothing."""
        self._compute, self._capture = compute, capture
        self._capture_result: tuple[Sequence[Tensor], Callable[[], None], Update] | None = None

    def __call__(self, *inputs: Tensor) -> Update:
        """Return the update of these inputs.

        Raises:
            CaptureFailed: at the first call, saying what to do.
        """
        if self._capture is None:
            return self._compute(*inputs)
        if self._capture_result is None:
            self._capture_result = self._run_capture(self._capture, inputs)
        captured_inputs, replay, update = self._capture_result
        for captured_input, given in zip(captured_inputs, inputs, strict=True):
            captured_input.copy_(given, non_blocking=True)
        replay()
        return update

    def _run_capture(
        self, capture: Capture, inputs: Sequence[Tensor]
    ) -> tuple[Sequence[Tensor], Callable[[], None], Update]:
        captured_inputs = [given.detach().clone(memory_format=torch.contiguous_format) for given in inputs]
        expected = _vector(self._compute(*captured_inputs))
        replay, update = capture(self._compute, captured_inputs)
        # What was differentiated is not kept: it would hold the other networks' places in autograd's graph.
        update = replace(update, metrics={name: value.detach() for name, value in update.metrics.items()})
        # A replay that does nothing must not be taken for one that is right.
        for gradient in _gradients(update):
            gradient.fill_(math.nan)
        replay()
        size, away = (float(torch.linalg.vector_norm(vector)) for vector in (expected, _vector(update) - expected))
        if math.isfinite(size) and not away <= TOLERANCE * size:
            raise CaptureFailed(
                f"a recorded update is another one when it is replayed (its gradient, of norm {size:.3g}, "
                f"is {away:.3g} away); give --no-cuda-graphs"
            )
        return captured_inputs, replay, update


def _gradients(update: Update) -> list[Tensor]:
    return [gradient for gradients in update.gradients.values() for gradient in gradients]


def _vector(update: Update) -> Tensor:
    """Return a copy of all gradients, as one vector."""
    return torch.cat([gradient.flatten() for gradient in _gradients(update)])


def capture_on(device: torch.device) -> Capture | None:
    """By what updates are recorded on that device; None where nothing is."""
    return cuda_graph if device.type == "cuda" else None


def cuda_graph(compute: Compute, inputs: Sequence[Tensor]) -> tuple[Callable[[], None], Update]:
    """Record a function as a CUDA graph, on the current device.

    Raises:
        CaptureFailed: saying what to do.
    """
    try:
        graph = torch.cuda.CUDAGraph()
        # On a stream of its own, as the recording is.
        stream = torch.cuda.Stream()  # type: ignore[no-untyped-call]
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            for _ in range(WARM_UP):
                compute(*inputs)
        torch.cuda.current_stream().wait_stream(stream)
        # What other threads ask of the GPU meanwhile, as that which reads photos ahead does, is no part of it.
        with torch.cuda.graph(graph, capture_error_mode="thread_local"):
            update = compute(*inputs)
    except RuntimeError as error:
        # What ends a recording that has failed says only that it has; it was in hand of what went wrong.
        reason = str(error.__context__ or error).partition("\n")[0]
        raise CaptureFailed(f"an update cannot be recorded on this device ({reason}); give --no-cuda-graphs") from None
    return graph.replay, update
