"""The settings of a training, by either recipe: name, default, range and meaning of each, stated once.

``safelight train`` takes its options from these fields, and a run's ``config.json`` keeps their values. Here is no
torch, so that the help of the command line appears at once.
"""

from collections.abc import Iterator, Mapping
from dataclasses import Field, asdict, dataclass, field, fields
from typing import Any

# Four convolutions of stride 2 leave 4 x 4 positions, the last with 8 times the channels of the first.
FEATURES_PER_CHANNEL = 4 * 4 * 8
# Units of a fully connected layer for each channel of the first convolution, unless they are given.
HIDDEN_PER_CHANNEL = 4
SETTING = "setting"


@dataclass(frozen=True)
class Setting:
    """What a field of a configuration may be, and what it means.

    Attributes:
        help: in a sentence.
        low, high: the least and the greatest value; None for no bound.
        high_open: whether ``high`` itself is too much.
        option: whether ``safelight train`` has an option for it.
        default_text: says from what the option's default follows; empty where it is the field's own.
    """

    help: str
    low: float | None = None
    high: float | None = None
    high_open: bool = False
    option: bool = False
    default_text: str = ""

    def check(self, name: str, value: float) -> None:
        """Refuse a value that is out of range.

        Raises:
            ValueError: saying what it may be.
        """
        if self.low is not None and value < self.low:
            raise ValueError(f"{name} must be at least {self.low}, not {value}")
        if self.high is not None and (value > self.high or (self.high_open and value == self.high)):
            raise ValueError(f"{name} must be {'below' if self.high_open else 'at most'} {self.high}, not {value}")


def _setting(default: Any, help: str, low: float | None = None, high: float | None = None, **more: Any) -> Any:  # noqa: A002
    return field(default=default, metadata={SETTING: Setting(help, low, high, **more)})


def setting_fields(configuration: type) -> Iterator[Field[Any]]:
    """Yield the fields of a configuration that have a ``Setting``, those of its widths among them."""
    for field_ in fields(configuration):
        if field_.type is Widths:
            yield from setting_fields(Widths)
        elif SETTING in field_.metadata:
            yield field_


def _check_settings(configuration: Any) -> None:
    for field_ in fields(configuration):
        if SETTING in field_.metadata:
            field_.metadata[SETTING].check(field_.name, getattr(configuration, field_.name))


@dataclass(frozen=True)
class Widths:
    """How wide the networks are."""

    width: int = _setting(12, "First convolution's channels.", 1, 256, option=True)
    hidden: int = _setting(48, "Fully connected width.", 1, 4096, option=True, default_text="4 x width")

    def __post_init__(self) -> None:
        _check_settings(self)

    @property
    def features(self) -> int:
        """How many numbers the convolutions leave of an image."""
        return FEATURES_PER_CHANNEL * self.width


@dataclass(frozen=True)
class Normalisation:
    """What of a photo the agent's networks see as if it were always the same, see ``learning.agent.normalising``."""

    exposure: bool = False
    white_balance: bool = False

    def to_json(self) -> dict[str, bool]:
        """Return plain values, as a run's config has them."""
        return asdict(self)


# Those of the paper: 8.56 million parameters in all.
PAPER_WIDTHS = Widths(32, 128)


@dataclass(frozen=True)
class FastConfig:
    """The settings of the recipe ``fast``, see ``learning.training.fast_recipe``."""

    widths: Widths = field(default_factory=Widths)
    batch: int = _setting(32, "Images in a batch, of all processes.", 1, option=True)
    iterations: int = _setting(750, "How long to train.", 1, option=True)
    seed: int = _setting(0, "Of all that is drawn.", 0, 2**63 - 1, option=True)
    games_per_photo: int = _setting(4, "Games of a batch that are on the same photo.", 1)
    agent_rate: float = _setting(3e-4, "Adam's rate for the agent at the start.", 0)
    critic_rate: float = _setting(2e-3, "Adam's rate for the critic at the start.", 0)
    final_rate: float = _setting(0.01, "The part of both rates that is left at the end; they decay exponentially.", 0)
    critic_updates: int = _setting(3, "Updates of the critic to one of the agent.", 1)
    r1_gamma: float = _setting(1.0, "R1's gamma: half of it weighs the critic's squared gradient at the targets.", 0)
    fake_buffer_batches: int = _setting(4, "Batches of finished images that the critic draws from.", 1)
    entropy_bonus: float = _setting(0.02, "For a nat of entropy in a choice of filter, at the start; it fades.")
    entropy_bonus_at_end: float = _setting(
        0.0, "That bonus at the end; below 0, choices are made decisive.", -1, 1, option=True
    )
    idle_penalty: float = _setting(0.0, "For each step that changes nothing.", 0, 10, option=True)
    stop: bool = _setting(False, "Let the agent finish before its five steps are over, as people may.", option=True)
    step_baseline: bool = _setting(
        False, "Judge each choice by what came after it, not all choices of a game alike.", option=True
    )
    imitation_weight: float = _setting(
        0.0, "Keep the agent near to the people of --init: the weight of a nat in a step.", 0, 10, option=True
    )
    reward_weight: float = _setting(
        1.0,
        "How much a nat of the reward of --reward counts.",
        0.001,
        100,
        option=True,
        default_text="1",
    )
    reconstruction_penalty: float = _setting(
        0.0,
        "For how far an unprocessed photo, finished again, is from what it was: the weight of that RMSE.",
        0,
        100,
        option=True,
    )
    noise_penalty: float = _setting(0.02, "For each 8-bit step of noise in the colours of the finished picture.")
    cast_penalty: float = _setting(0.002, "For each 8-bit step that greys are away from grey.")
    hue_penalty: float = _setting(0.0, "For each degree by which hues turn.", 0, 10, option=True)
    average: float = _setting(
        0.0,
        "Play by a moving average of the agent's weights, of which each iteration leaves this part.",
        0,
        1,
        high_open=True,
        option=True,
    )
    normalise_exposure: bool = _setting(False, "Let the agent see all photos at the same exposure.", option=True)
    normalise_white_balance: bool = _setting(
        False, "Let the agent see all photos at the same white balance.", option=True
    )
    unprocess: float = _setting(
        0.0,
        "Turn this share of the finished pictures back into photos as they were taken, as more inputs.",
        0,
        0.9,
        option=True,
    )
    bfloat16: bool = _setting(False, "Whether networks compute in bfloat16, see ``learning.device``.")
    augment_exposure: float = _setting(
        0.0, "Make inputs darker or lighter at random, by up to so many stops.", 0, 10, high_open=True, option=True
    )
    augment_white_balance: float = _setting(
        0.0,
        "Tint inputs at random: the channels are scaled by up to e to this power.",
        0,
        10,
        high_open=True,
        option=True,
    )
    augment_temperature: float = _setting(
        0.0,
        "Take the light of inputs for up to so many kelvins warmer than daylight, or as much cooler.",
        0,
        4000,
        option=True,
    )

    def __post_init__(self) -> None:
        _check_settings(self)
        if self.batch % self.games_per_photo:
            raise ValueError(f"a batch of {self.batch} cannot be shared by photos of {self.games_per_photo} games each")

    @property
    def normalisation(self) -> Normalisation:
        """What the agent sees as if it were always the same."""
        return Normalisation(self.normalise_exposure, self.normalise_white_balance)

    @property
    def parts(self) -> int:
        """What several processes can share of a batch: its photos, with all games on each."""
        return self.batch // self.games_per_photo

    def to_json(self) -> dict[str, object]:
        """Return plain values, as checkpoints have them."""
        return asdict(self)


@dataclass(frozen=True)
class PaperConfig:
    """The settings of the recipe ``paper``, see ``learning.training.paper_recipe``; the defaults are the paper's.

    The iterations 0 .. ``iterations`` are run.
    """

    widths: Widths = PAPER_WIDTHS
    batch: int = _setting(64, "Images in a batch, of all processes.", 1, option=True)
    iterations: int = _setting(20_000, "How long to train.", 1, option=True)
    seed: int = _setting(0, "Of all that is drawn.", 0, 2**63 - 1, option=True)
    pool: int = _setting(128, "Records in the replay pool, at least as many as a batch.", 1)
    rate: float = _setting(5e-5, "Adam's base rate at the start; it decays to a thousandth.", 0)
    critic_factor: float = _setting(1.0, "The critic's rate, in base rates.", 0)
    agent_factor: float = _setting(0.3, "The agent's rate, in base rates.", 0)
    value_factor: float = _setting(3.0, "The value network's rate, in base rates.", 0)
    bfloat16: bool = _setting(False, "Whether networks compute in bfloat16, see ``learning.device``.")

    def __post_init__(self) -> None:
        _check_settings(self)
        if self.batch > self.pool:
            raise ValueError(f"a batch of {self.batch} is more than the pool's {self.pool} records")

    @property
    def normalisation(self) -> Normalisation:
        """What the agent sees as if it were always the same: nothing, as in 2018."""
        return Normalisation()

    @property
    def parts(self) -> int:
        """What several processes can share of a batch: its images."""
        return self.batch

    def to_json(self) -> dict[str, object]:
        """Return plain values, as checkpoints have them."""
        return asdict(self)


CONFIGURATIONS: Mapping[str, type[FastConfig] | type[PaperConfig]] = {"fast": FastConfig, "paper": PaperConfig}
