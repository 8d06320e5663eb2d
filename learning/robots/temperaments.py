"""What robots are like: temperaments that stand in for people, and bad habits that a study should notice."""

from dataclasses import dataclass, field, replace

from editing.game.rules import Step


@dataclass(frozen=True)
class Temperament:
    """What a robot is like.

    Attributes:
        steps: the smallest and largest number of steps that it makes.
        brightness: the mean luminance that it aims at.
        boldness: how far it moves sliders, 1 as a rule.
        hesitation: the chance, at each step, to try another value, to undo, or to take the step out.
        curiosity: the chance to look at the photo as it was.
        pause: seconds between two actions, the median.
        favourites: filters that it likes, with their weights; every other filter weighs 1.
        device: what it moves controls with.
        wobble: how far a value lies from that of the first time on a photo that comes again, as a share of half the
            slider; the standard deviation. None: it remembers nothing, and treats the photo as another one.
        moods: how much the brightness that it aims at differs from photo to photo, as a standard deviation of its
            logarithm.
        routine: steps that it makes on every photo, whatever it shows.
        idle: whether it leaves photos as they are, or next to it where a study does not allow that.
        obedient: whether it does what an instruction asks.
        absent: the chance, after each action, to leave the window for a while.
        scripted: whether a program moves its controls.
    """

    name: str
    steps: tuple[int, int]
    brightness: float
    boldness: float
    hesitation: float
    curiosity: float
    pause: float
    favourites: dict[str, float] = field(default_factory=dict)
    device: str = "mouse"
    wobble: float | None = 0.04
    moods: float = 0.15
    routine: tuple[Step, ...] = ()
    idle: bool = False
    obedient: bool = True
    absent: float = 0.0
    scripted: bool = False


CAREFUL = Temperament(
    "careful", (3, 5), 0.35, 0.6, 0.5, 0.6, 6.0, {"exposure": 4, "white_balance": 4, "tone": 4}, wobble=0.03
)
TEMPERAMENTS = (
    Temperament("hasty", (1, 3), 0.45, 1.4, 0.1, 0.1, 1.5, {"exposure": 6, "contrast": 3}, device="touch"),
    CAREFUL,
    Temperament("colourful", (3, 5), 0.42, 1.2, 0.3, 0.3, 3.5, {"exposure": 5, "saturation": 6, "color": 3}),
    Temperament(
        "moody",
        (2, 5),
        0.2,
        1.0,
        0.3,
        0.3,
        4.0,
        {"gamma": 4, "contrast": 4, "black_white": 4, "tone": 3},
        device="keyboard",
    ),
)

_ROUTINE = (Step("exposure", {"ev": 1.5}), Step("contrast", {"amount": 0.3}))
# Each of them is the careful one, but for what its name says.
HABITS = {
    habit.name: habit
    for habit in (
        replace(CAREFUL, name="rushing", pause=0.25, steps=(1, 2), hesitation=0.0),
        replace(CAREFUL, name="routine", routine=_ROUTINE),
        replace(CAREFUL, name="idle", idle=True),
        replace(CAREFUL, name="disobedient", obedient=False),
        replace(CAREFUL, name="erratic", wobble=None, moods=0.8, boldness=1.8),
        replace(CAREFUL, name="absent", absent=0.5),
        replace(CAREFUL, name="scripted", scripted=True),
    )
}
