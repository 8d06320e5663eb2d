"""Legal play, drawn at random."""

from hypothesis import strategies as st

from editing.game.filters import FILTERS
from editing.game.rules import MAXIMUM_STEPS, Step


@st.composite
def steps_of(draw: st.DrawFn, slug: str) -> Step:
    """A step of one filter, its parameters anywhere in their ranges and canonical."""
    one = FILTERS[slug]
    return Step(slug, one.canonical({p.name: draw(st.floats(p.low, p.high)) for p in one.parameters}))


@st.composite
def chains(draw: st.DrawFn) -> tuple[Step, ...]:
    """At most five steps, each filter once."""
    slugs = draw(st.lists(st.sampled_from(list(FILTERS)), max_size=MAXIMUM_STEPS, unique=True))
    return tuple(draw(steps_of(slug)) for slug in slugs)
