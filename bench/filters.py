"""The filters in NumPy, on a preview."""

from functools import partial

import numpy as np

from bench.figures import Figure, ratio
from editing.game.filters import FILTERS, apply_steps
from editing.game.rules import Step


def measure() -> dict[str, Figure]:
    """Five steps on a preview of 1024 x 683, and each filter by itself."""
    image = np.random.default_rng(0).random((683, 1024, 3), dtype=np.float32)
    copy = np.empty_like(image)

    def plain_copy() -> None:
        np.copyto(copy, image)

    chain = [step(slug) for slug in ("exposure", "gamma", "white_balance", "contrast", "tone")]
    against = "a plain copy of the same bytes"
    figures = {
        "filters.chain_over_copy": Figure(
            ratio(lambda: apply_steps(image, chain), plain_copy), "x", against, "five steps, NumPy float32, 1024 x 683"
        )
    }
    for slug in FILTERS:
        single = [step(slug)]
        figures[f"filters.{slug}_over_copy"] = Figure(
            ratio(partial(apply_steps, image, single), plain_copy, runs=3), "x", against, "NumPy float32, 1024 x 683"
        )
    return figures


def step(slug: str) -> Step:
    """Return a step of the filter, away from neutral."""
    return Step(slug, {p.name: p.from_position(0.3 + 0.05 * (i % 8)) for i, p in enumerate(FILTERS[slug].parameters)})
