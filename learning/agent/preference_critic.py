"""A critic of what people prefer: a regression on what a picture is as a whole, and what a critic's networks add."""

import torch
from torch import Tensor

from learning.agent.critic import Critic
from learning.agent.people_model import STATISTICS, picture_statistics
from learning.configuration import Widths


class PreferenceCritic(Critic):
    """How much pictures are preferred: (N, 1), unbounded; a difference of 1 is one nat of odds.

    Attributes:
        slopes: (2 * STATISTICS, 1) of the statistics of a picture, and of their squares: so each may have a best value.
        limits: (2, STATISTICS) the least and the greatest of each that was learned from.
    """

    slopes: Tensor
    limits: Tensor

    def __init__(self, widths: Widths) -> None:
        super().__init__(widths)
        self.register_buffer("slopes", torch.zeros(2 * STATISTICS, 1))
        self.register_buffer("limits", torch.tensor([[-1.0], [1.0]]).repeat(1, STATISTICS))

    def forward(self, images: Tensor) -> Tensor:
        added: Tensor = super().forward(images)
        return added + self.squares(images) @ self.slopes

    def squares(self, images: Tensor) -> Tensor:
        """(N, 2 * STATISTICS) what the regression is by."""
        within = picture_statistics(images).clamp(self.limits[0], self.limits[1])
        return torch.cat([within, within.square()], dim=1)
