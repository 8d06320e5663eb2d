"""A model of people: the probability of their next filter, or of their stop, and a distribution of its parameters.

It plays as any agent does, but for two things. People differ, and so does one person from day to day: what it does is
drawn, filters from their probabilities and parameters from a mixture of normal distributions of their coordinates
(``editing.game.coordinates``; C. Bishop, "Mixture Density Networks", 1994), not taken where they are most probable. And
it has no dropout at play, since chance lies in what it says.

What the networks say is added to regressions on what a picture is as a whole, see ``learning.imitation.regressions``:
by splines for the parameters, by squares for the choice, and by a few numbers that may say who plays: those of the
population are 0, see ``learning.imitation.adapting``.
"""

import math

import torch
from torch import Tensor, nn

from editing.game.coordinates import MOST_COORDINATES, coordinate_count, from_coordinates
from editing.game.filters import FILTERS, luminance
from learning.agent import state
from learning.agent.architecture import ACTIONS, ADJUSTING, CHOOSING, LEAK
from learning.agent.networks import Agent, dropped
from learning.configuration import Widths

COMPONENTS = 2
# In this part of all moves anybody may do anything, as the marginal has it: no move is impossible to people, and a
# picture such as none that was learned from must not make a model sure of itself. That is one more component, whose
# deviations are so many times the marginal's; and a choice of any filter alike.
ANYTHING, WIDER = 0.01, 1.5
# Numbers that say who plays; and one more, which is 0 where that is not known.
PERSON = 6
# No distribution is narrower than this, in coordinates.
LEAST_DEVIATION = 0.03
# What the drawing of one step's parameters takes: a uniform number, and normal ones.
NOISE = 1 + MOST_COORDINATES
STATISTICS = 15
FURTHEST = 2.5
# What a regression sees: of each statistic a line that may bend at so many places, or it and its square; which filters
# were used and how many; and a constant.
KNOTS = 19
_USED = 1 + len(FILTERS)
SEEN = STATISTICS + state.SIZE + 1 + PERSON
SPLINES, SQUARES = (1 + KNOTS) * STATISTICS + _USED + 1, 2 * STATISTICS + _USED + 1
_BLACK = 1e-4
_QUANTILES = (0.02, 0.25, 0.5, 0.75, 0.98)


def picture_statistics(images: Tensor) -> Tensor:
    """Compute what people see of a picture as a whole: how bright it is, in stops, its contrast, its colours.

    Args:
        images: (N, 3, H, W), linear light.

    Returns:
        (N, 15), mostly within -1 .. 1 each.
    """
    shown = images.clamp(0, 1)
    red, green, blue = shown.unbind(dim=1)
    y = luminance((red, green, blue)).flatten(1)
    mean = y.mean(dim=1)
    ordered = y.sort(dim=1).values
    places = [round(share * (y.shape[1] - 1)) for share in _QUANTILES]
    stops = [torch.log2(value.clamp(min=_BLACK)) / 4 + 0.75 for value in (mean, *ordered[:, places].unbind(dim=1))]
    means = [plane.flatten(1).mean(dim=1).clamp(min=_BLACK).log() for plane in (red, green, blue)]
    high, low = shown.amax(dim=1), shown.amin(dim=1)
    saturation = ((high - low) / high.clamp(min=_BLACK)).flatten(1)
    numbers = [
        *stops,
        4 * (means[0] - means[2]),
        4 * (2 * means[1] - means[0] - means[2]),
        6 * y.std(dim=1, correction=0) - 1,
        3 * saturation.mean(dim=1) - 1,
        3 * saturation.std(dim=1, correction=0) - 1,
        (images.amax(dim=1) > 1).to(images.dtype).flatten(1).mean(dim=1),
        mean,
        # Where it is brighter: above or below, and to which side.
        *(2 * (half[0] - half[1]) / (half[0] + half[1] + _BLACK) for half in _halves(y, images.shape[2:])),
    ]
    # What is far beyond the pictures that were learned from is not to be told from the furthest of them.
    return torch.stack(numbers, dim=1).clamp(min=-FURTHEST, max=FURTHEST)


def _halves(y: Tensor, size: torch.Size) -> list[tuple[Tensor, Tensor]]:
    picture = y.view(len(y), *size)
    upper, lower = picture.chunk(2, dim=1)
    left, right = picture.chunk(2, dim=2)
    return [(upper.mean(dim=(1, 2)), lower.mean(dim=(1, 2))), (left.mean(dim=(1, 2)), right.mean(dim=(1, 2)))]


def mirrored_statistics(statistics: Tensor, mirrored: Tensor) -> Tensor:
    """Return the statistics (N, 15) of pictures of which those ``mirrored`` are, (N,) booleans: the side changes."""
    side = torch.where(mirrored, -statistics[:, -1], statistics[:, -1])
    return torch.cat([statistics[:, :-1], side[:, None]], dim=1)


class TwoLayers(nn.Module):
    """Two fully connected layers, with a leaky ReLU between them."""

    def __init__(self, inputs: int, hidden: int, outputs: int) -> None:
        super().__init__()
        self.hidden = nn.Linear(inputs, hidden)
        self.output = nn.Linear(hidden, outputs)

    def forward(self, numbers: Tensor) -> Tensor:
        out: Tensor = self.output(nn.functional.leaky_relu(self.hidden(numbers), LEAK))
        return out


class PeopleModel(Agent):
    """The model: an agent's extractors, heads of mixtures, and a choice that may be to stop."""

    # Who plays, (1 + PERSON,): 0 for the population. By filter, mean and deviation of what people do.
    person: Tensor
    # The least and the greatest of each statistic that was seen, (2, 15).
    limits: Tensor
    # Of the choice: (SQUARES, actions) logits by the picture, (PERSON, actions) by who plays.
    choice_slopes: Tensor
    choice_effects: Tensor
    samples = True

    def __init__(self, widths: Widths) -> None:
        """Make a model of the population."""
        super().__init__(widths, stops=True)
        numbers = widths.features + SEEN
        self.heads = nn.ModuleDict(
            {slug: TwoLayers(numbers, widths.hidden, COMPONENTS * (1 + 2 * coordinate_count(slug))) for slug in FILTERS}
        )
        self.choice = TwoLayers(numbers, widths.hidden, len(ACTIONS))  # type: ignore[assignment]
        self.register_buffer("person", torch.zeros(1 + PERSON))
        self.register_buffer("limits", torch.tensor([[-FURTHEST], [FURTHEST]]).repeat(1, STATISTICS))
        self.register_buffer("choice_slopes", torch.zeros(SQUARES, len(ACTIONS)))
        self.register_buffer("choice_effects", torch.zeros(PERSON, len(ACTIONS)))
        for slug in FILTERS:
            count = coordinate_count(slug)
            self.register_buffer(f"centre_{slug}", torch.zeros(count))
            self.register_buffer(f"spread_{slug}", torch.ones(count))
            # Where its splines bend.
            self.register_buffer(f"knots_{slug}", torch.zeros(KNOTS, STATISTICS))
            # In spreads: means by the picture and by who plays, and logarithms of the deviations that are left, of the
            # population and of a person who is known.
            self.register_buffer(f"slopes_{slug}", torch.zeros(SPLINES, count))
            self.register_buffer(f"effects_{slug}", torch.zeros(PERSON, count))
            self.register_buffer(f"left_{slug}", torch.zeros(2, count))

    def seen(
        self, view: Tensor, states: Tensor, person: Tensor | None = None, statistics: Tensor | None = None
    ) -> Tensor:
        """(N, numbers) what picture and state are as a whole, and who plays: beside the extractors' features."""
        who = self.person.expand(len(view), -1) if person is None else person
        steps = torch.cat([states[:, : state.STEP + 1] / 5, states[:, state.STEP + 1 :]], dim=1)
        own = picture_statistics(view) if statistics is None else statistics
        return torch.cat([own, steps, who], dim=1)

    def splines(self, slug: str, seen: Tensor) -> Tensor:
        """(N, SPLINES) what the regressions of a filter's parameters are by, of what ``seen`` returns."""
        within, steps = self._regressors(seen)
        bends = (within[:, None] - getattr(self, f"knots_{slug}")).clamp(min=0).flatten(1)
        return torch.cat([within, bends, steps, torch.ones_like(within[:, :1])], dim=1)

    def squares(self, seen: Tensor) -> Tensor:
        """(N, SQUARES) what the choice's regression is by, of what ``seen`` returns."""
        within, steps = self._regressors(seen)
        return torch.cat([within, within.square(), steps, torch.ones_like(within[:, :1])], dim=1)

    def _regressors(self, seen: Tensor) -> tuple[Tensor, Tensor]:
        """Return the statistics, no further than those that were learned from, and the steps so far."""
        # Beyond them a regression would go on to anywhere.
        within = seen[:, :STATISTICS].clamp(self.limits[0], self.limits[1])
        return within, seen[:, STATISTICS + state.STEP : STATISTICS + state.SIZE]

    def _log_probabilities(self, features: Tensor, states: Tensor) -> Tensor:
        """(N, actions) of the next filter, or the stop; minus infinity for what is not possible."""
        seen = features[:, -SEEN:]
        logits: Tensor = self.choice(features)
        logits = logits + self.squares(seen) @ self.choice_slopes + seen[:, -PERSON:] @ self.choice_effects
        used = states[:, state.USED]
        possible = torch.cat([1 - used, used.amax(dim=1, keepdim=True)], dim=1)
        shares = torch.log_softmax(logits.masked_fill(possible == 0, -math.inf), dim=1)
        anything = (ANYTHING * possible / possible.sum(dim=1, keepdim=True)).log()
        # Where both are minus infinity the gradient of logaddexp is none.
        mixed = torch.logaddexp(shares.clamp(min=-1e4) + math.log(1 - ANYTHING), anything.clamp(min=-1e4))
        return mixed.masked_fill(possible == 0, -math.inf)

    def probabilities(self, view: Tensor, states: Tensor, masks: Tensor | None) -> Tensor:
        """(N, actions) the probability of each filter and of stopping; those that are not possible have 0."""
        features = torch.cat([self.choosing(view, states), self.seen(view, states)], dim=1)
        return self._log_probabilities(features, states).exp()

    def features(self, view: Tensor, states: Tensor, masks: Tensor | None) -> Tensor:
        """(N, features) what all filters' heads take their mixtures from."""
        return torch.cat([self.adjusting(view, states), self.seen(view, states)], dim=1)

    def mixture(self, slug: str, features: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return the mixture of a filter's coordinates.

        Returns:
            (N, K + 1) logarithms of the weights; (N, K + 1, coordinates) means, and logarithms of the standard
            deviations; the last component is that of ``ANYTHING``.
        """
        outputs = self.heads[slug](features)
        count = coordinate_count(slug)
        weights = torch.log_softmax(outputs[:, :COMPONENTS], dim=1) + math.log(1 - ANYTHING)
        weights = torch.cat([weights, weights.new_full((len(weights), 1), math.log(ANYTHING))], dim=1)
        means, deviations = outputs[:, COMPONENTS:].view(-1, 2, COMPONENTS, count).unbind(dim=1)
        centre, spread = getattr(self, f"centre_{slug}"), getattr(self, f"spread_{slug}")
        slopes, effects, left = (getattr(self, f"{name}_{slug}") for name in ("slopes", "effects", "left"))
        seen = features[:, -SEEN:]
        told, numbers = seen[:, -1 - PERSON, None], seen[:, -PERSON:]
        foreseen = self.splines(slug, seen) @ slopes + numbers @ effects
        known = left[0] + told * (left[1] - left[0])
        means = foreseen[:, None] + left[0].exp() * means
        logarithms = (deviations + known[:, None] + spread.log()).clamp(min=math.log(LEAST_DEVIATION), max=3.0)
        anywhere = (spread * WIDER).log().expand(len(outputs), 1, -1)
        means = torch.cat([centre + spread * means, centre.expand(len(outputs), 1, -1)], dim=1)
        return weights, means, torch.cat([logarithms, anywhere], dim=1)

    def log_density(self, slug: str, features: Tensor, coordinates: Tensor) -> Tensor:
        """(N,) the log of the density of coordinates (N, coordinates)."""
        weights, means, deviations = self.mixture(slug, features)
        z = (coordinates[:, None] - means) * (-deviations).exp()
        of_each = (-0.5 * z.square() - deviations - 0.5 * math.log(2 * math.pi)).sum(dim=2)
        return torch.logsumexp(weights + of_each, dim=1)

    def parameters_of(self, slug: str, features: Tensor, noise: Tensor | None) -> dict[str, Tensor]:
        """Physical values by name, (n,) each, drawn by ``noise`` (n, NOISE); without it the likeliest part's mean."""
        weights, means, deviations = self.mixture(slug, features)
        rows = torch.arange(len(features), device=features.device)
        if noise is None:
            coordinates = means[rows, weights.argmax(dim=1)]
        else:
            part = (weights.exp().cumsum(dim=1) < noise[:, :1]).sum(dim=1).clamp(max=COMPONENTS)
            coordinates = means[rows, part] + deviations[rows, part].exp() * noise[:, 1 : 1 + means.shape[2]]
        values = from_coordinates(torch, slug, coordinates).unbind(dim=1)
        return {own.name: value for own, value in zip(FILTERS[slug].parameters, values, strict=True)}

    def log_likelihoods(
        self,
        images: Tensor,
        states: Tensor,
        actions: Tensor,
        coordinates: Tensor,
        person: Tensor | None = None,
        masks: Tensor | None = None,
        statistics: Tensor | None = None,
    ) -> tuple[Tensor, Tensor]:
        """Return the log-likelihoods of moves, (N,) each: of the filter or stop, and of the parameters' coordinates.

        Args:
            images: (N, 3, 64, 64) before each move.
            states: (N, 11) before it.
            actions: (N,) indices of ``ACTIONS``.
            coordinates: (N, MOST_COORDINATES) of which each filter's are the first.
            person: (N, 1 + PERSON) who moves; None for who the model is of.
            masks: (N, 2, features) of dropout, as it learns; None for none.
            statistics: (N, 15) of the images, where they are known already.
        """
        extracted = self.extracted(images, states, masks)
        seen = self.seen(images, states, person, statistics)
        return self.likelihoods_of(extracted, seen, states, actions, coordinates)

    def extracted(self, images: Tensor, states: Tensor, masks: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Return the extractors' features, for the choice and for the parameters: they do not depend on who plays."""
        choosing, adjusting = self.choosing(images, states), self.adjusting(images, states)
        return dropped(choosing, masks, CHOOSING), dropped(adjusting, masks, ADJUSTING)

    def likelihoods_of(
        self, extracted: tuple[Tensor, Tensor], seen: Tensor, states: Tensor, actions: Tensor, coordinates: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Return what ``log_likelihoods`` does, of what ``extracted`` and ``seen`` have returned."""
        choices = self._log_probabilities(torch.cat([extracted[0], seen], dim=1), states)
        chosen = choices.gather(1, actions[:, None]).squeeze(1)
        features = torch.cat([extracted[1], seen], dim=1)
        order = actions.argsort(stable=True)
        groups = torch.split(order, actions.bincount(minlength=len(ACTIONS)).tolist())
        densities = [
            self.log_density(slug, features[rows], coordinates[rows, : coordinate_count(slug)])
            for slug, rows in zip(FILTERS, groups, strict=False)
        ]
        sorted_densities = torch.cat([*densities, features.new_zeros(len(groups[-1]))])
        return chosen, sorted_densities[order.argsort()]
