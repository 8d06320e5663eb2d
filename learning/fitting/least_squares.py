"""The parameters of many sequences of filters at once, each as near to the same target as they come.

Filters work on single colours, so that a picture is a list of them, and a residual for each. Many sequences are one
program: at each step the rows of a batch that have the same filter go through it together. The descent is
Levenberg's and Marquardt's, kept inside the sliders' ranges: three gradients give all that the residuals do with all
parameters, and twenty of its steps do what thousands of plain gradient descent do (the slopes of a curve are long,
narrow valleys).
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from editing.game.filters import CONTROLS, FILTERS, PLACES
from editing.game.rules import Step

Order = tuple[str, ...]

NEUTRAL = torch.tensor(
    [parameter.to_position(parameter.neutral) for filter_ in FILTERS.values() for parameter in filter_.parameters],
    dtype=torch.float64,
)

# Rows that are computed together: what lies between stays near the processor.
ROWS_AT_ONCE = 48
_FIRST_DAMPING, _LEAST_DAMPING, _MOST_DAMPING = 1e-2, 1e-7, 1e4
_LESS, _MORE = 0.2, 6.0
# A sequence whose error falls by less than this share in an almost undamped step has arrived.
_ARRIVED = 1e-5


@dataclass(frozen=True)
class Colours:
    """Colours of a photo, and what each is to become.

    Attributes:
        light: three planes (P,) of linear light.
        shown: (3, P) as the target shows them, 0 .. 1.
    """

    light: tuple[Tensor, Tensor, Tensor]
    shown: Tensor

    @property
    def count(self) -> int:
        """How many there are."""
        return self.shown.shape[1]


@dataclass(frozen=True)
class Sequences:
    """Sequences of filters, all of one length.

    Attributes:
        orders: the filters of each, by slug.
        positions: (N, ``CONTROLS``) where each one's parameters stand on their sliders, 0 .. 1; those of filters that
            it has not are neutral.
        errors: (N,) the mean square of its residuals; infinite where it was not computed.
    """

    orders: tuple[Order, ...]
    positions: Tensor
    errors: Tensor

    def __getitem__(self, rows: Iterable[int]) -> "Sequences":
        """Return some of them, in the order of ``rows``."""
        listed = list(rows)
        orders = tuple(self.orders[row] for row in listed)
        return Sequences(orders, self.positions[listed], self.errors[listed])

    def steps(self, row: int) -> tuple[Step, ...]:
        """Return one of them as the game's steps, their parameters canonical."""
        steps = []
        for slug in self.orders[row]:
            filter_ = FILTERS[slug]
            positions = self.positions[row, PLACES[slug]].tolist()
            values = {
                parameter.name: min(max(parameter.from_position(position), parameter.low), parameter.high)
                for parameter, position in zip(filter_.parameters, positions, strict=True)
            }
            steps.append(Step(slug, filter_.canonical(values)))
        return tuple(steps)


def descend(sequences: Sequences, colours: Colours, iterations: int) -> Sequences:
    """Return the sequences with parameters that make the errors over the colours as small as the descent gets.

    Args:
        iterations: at most so many steps of the descent; no error grows.
    """
    parts = range(0, len(sequences.orders), ROWS_AT_ONCE)
    rows = [range(start, min(start + ROWS_AT_ONCE, len(sequences.orders))) for start in parts]
    descended = [_descend(sequences[part], colours, iterations) for part in rows]
    return Sequences(
        sequences.orders,
        torch.cat([part.positions for part in descended]),
        torch.cat([part.errors for part in descended]),
    )


def _descend(sequences: Sequences, colours: Colours, iterations: int) -> Sequences:
    positions, damping = sequences.positions.clone(), torch.full_like(sequences.errors, _FIRST_DAMPING)
    errors = mean_squares(sequences.orders, positions, colours)
    moving = torch.arange(len(errors))
    for _ in range(iterations):
        orders = [sequences.orders[row] for row in moving.tolist()]
        proposals = _damped_step(orders, positions[moving], damping[moving], colours)
        proposed = mean_squares(orders, proposals, colours)
        better = proposed < errors[moving]
        arrived = (
            better & (errors[moving] - proposed <= _ARRIVED * errors[moving]) & (damping[moving] <= _FIRST_DAMPING)
        )
        positions[moving[better]], errors[moving[better]] = proposals[better], proposed[better]
        damping[moving] = (damping[moving] * torch.where(better, _LESS, _MORE)).clamp(min=_LEAST_DAMPING)
        moving = moving[~arrived & (damping[moving] < _MOST_DAMPING)]
        if not len(moving):
            break
    return Sequences(sequences.orders, positions, errors)


def _damped_step(orders: Sequence[Order], positions: Tensor, damping: Tensor, colours: Colours) -> Tensor:
    """Return positions after one step of Levenberg and Marquardt, inside 0 .. 1."""
    columns, gradient, curvature = normal_equations(orders, positions, colours)
    diagonal = curvature.diagonal(dim1=1, dim2=2)
    here = positions[:, columns]
    # What stands at an end of its slider and would go beyond it is held; so is what a sequence does not have.
    held = ((here <= 0) & (gradient > 0)) | ((here >= 1) & (gradient < 0)) | (diagonal == 0)
    free = (~held).double()
    scale = damping[:, None] * (diagonal + 1e-3 * diagonal.amax(dim=1, keepdim=True)) + 1e-12
    damped = curvature * free[:, :, None] * free[:, None, :] + torch.diag_embed(torch.where(held, 1.0, scale))
    step = torch.linalg.solve(damped, (gradient * free)[:, :, None])[:, :, 0]
    moved = positions.clone()
    moved[:, columns] = (here - step).clamp(0, 1)
    return moved


def mean_squares(orders: Sequence[Order], positions: Tensor, colours: Colours) -> Tensor:
    """(N,) the mean squares of the residuals."""
    groups = _grouped(orders, positions, colours)
    with torch.no_grad():
        edited = _edit(groups, [group.values[:, :, None] for group in groups], colours, len(orders))
        residuals = torch.stack(edited).clamp(0, 1) - colours.shown[:, None]
        return residuals.square().mean(dim=(0, 2)).double()


def normal_equations(orders: Sequence[Order], positions: Tensor, colours: Colours) -> tuple[Tensor, Tensor, Tensor]:
    """Compute the gradient (N, k) and the curvature (N, k, k) of half the error, as Gauss and Newton approximate it.

    Of the k columns of the row of all parameters that the batch has, which are returned first.

    Each colour gets parameters of its own, all of one value: then the gradient of a channel's sum is, colour by
    colour, what that channel does with each parameter.
    """
    count = colours.count
    groups = _grouped(orders, positions, colours)
    leaves = [group.values[:, :, None].expand(-1, -1, count).clone().requires_grad_() for group in groups]
    edited = _edit(groups, leaves, colours, len(orders))
    columns, places = _columns({group.slug for group in groups})
    jacobian = colours.shown.new_zeros(len(orders), len(columns), count)
    gradient = colours.shown.new_zeros(len(orders), len(columns))
    curvature = colours.shown.new_zeros(len(orders), len(columns), len(columns))
    for channel, plane in enumerate(edited):
        shown = plane.clamp(0, 1)
        residuals = (shown - colours.shown[channel]).detach()
        in_values = torch.autograd.grad(shown.sum(), leaves, retain_graph=channel < len(edited) - 1)
        for group, part in zip(groups, in_values, strict=True):
            jacobian[group.rows, places[group.slug]] = part * group.slopes[:, :, None]
        gradient += torch.bmm(jacobian, residuals[:, :, None])[:, :, 0]
        curvature += torch.bmm(jacobian, jacobian.transpose(1, 2))
    return columns, gradient.double() / (3 * count), curvature.double() / (3 * count)


def _columns(slugs: Collection[str]) -> tuple[Tensor, dict[str, slice]]:
    """Return which columns of the row of all parameters some filters have, and where each filter's lie among those."""
    columns: list[int] = []
    places = {}
    for slug in FILTERS:
        if slug in slugs:
            own = range(CONTROLS)[PLACES[slug]]
            places[slug] = slice(len(columns), len(columns) + len(own))
            columns += own
    return torch.tensor(columns), places


@dataclass(frozen=True)
class _Group:
    """The rows (n,) of a batch that have one filter as one step, and its physical parameters (n, k).

    Attributes:
        slopes: (n, k) how fast the parameters grow with their positions.
    """

    index: int
    slug: str
    rows: Tensor
    values: Tensor
    slopes: Tensor


def _grouped(orders: Sequence[Order], positions: Tensor, colours: Colours) -> list[_Group]:
    """Group the rows of a batch by their filter at each step, in the order of the steps."""
    groups = []
    for index in range(len(orders[0])):
        for slug in sorted({order[index] for order in orders}):
            rows = torch.tensor([row for row, order in enumerate(orders) if order[index] == slug])
            parameters = FILTERS[slug].parameters
            columns = positions[rows, PLACES[slug]].unbind(dim=1)
            physical = [own.from_position(column) for own, column in zip(parameters, columns, strict=True)]
            slopes = [
                own.slope(values) * torch.ones_like(values) for own, values in zip(parameters, physical, strict=True)
            ]
            both = (torch.stack(kept, dim=1).to(colours.shown.dtype) for kept in (physical, slopes))
            groups.append(_Group(index, slug, rows, *both))
    return groups


def _edit(groups: Sequence[_Group], values: Sequence[Tensor], colours: Colours, count: int) -> list[Tensor]:
    """Return the three planes (N, P) that a batch of sequences makes of the colours.

    Args:
        values: of each group, its parameters (n, k, P), or (n, k, 1) where all colours share them.
    """
    planes = [plane.expand(count, -1) for plane in colours.light]
    for index in sorted({group.index for group in groups}):
        own = [(group, part) for group, part in zip(groups, values, strict=True) if group.index == index]
        edited = []
        for group, part in own:
            parameters = dict(zip(FILTERS[group.slug].by_name, part.unbind(dim=1), strict=True))
            r, g, b = (plane[group.rows] for plane in planes)
            edited.append(FILTERS[group.slug].apply(torch, (r, g, b), parameters))
        back = torch.cat([group.rows for group, _ in own]).argsort()
        planes = [torch.cat(channel)[back] for channel in zip(*edited, strict=True)]
    return planes
