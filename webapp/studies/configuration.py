"""The configuration of a study: each setting stated once, with its default, its range and its meaning.

The admin's form, the checks, the API, exported JSON and ``docs/study-configuration.md`` all follow from these fields.
"""

from collections.abc import Mapping
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models

from editing.game.filters import FILTERS
from editing.game.rules import MAXIMUM_STEPS
from webapp.studies.structures import check_attention_items, check_boxes, check_conditions, check_translations
from webapp.studies.task_structures import (
    JUDGEMENTS,
    PERSONAL_AGENT,
    PLAY,
    QUESTIONNAIRE,
    check_questionnaires,
    check_tasks,
)
from webapp.studies.texts import default_consent_text

# The agent that comes with Safelight, by its name in the learning package's command line.
SHIPPED_AGENT = "pretrained"
# Finished photos from which an agent can be fitted to a person.
PERSONAL_AGENT_PHOTOS = 8
LANGUAGES = (("en", "English"), ("de", "Deutsch"))

_SHARE = [MinValueValidator(0), MaxValueValidator(1)]


class StructureField(models.JSONField):
    """Lists and objects of JSON; a form that leaves it empty means the default."""

    # An empty list is checked too: it may stand where an object must.
    empty_values = (None, "")

    def save_form_data(self, instance: models.Model, data: Any) -> None:
        """Store what a form gave."""
        setattr(instance, self.attname, self.get_default() if data is None else data)


class ChosenField(StructureField):
    """Some of several values, as a list; ticked in a form. None of them stands for all."""

    def __init__(self, *args: Any, options: Any = (), **kwargs: Any) -> None:
        self.options = options
        super().__init__(*args, **kwargs)

    def formfield(self, **kwargs: Any) -> Any:
        """Return a box to tick for each value."""
        return forms.MultipleChoiceField(
            choices=self.options,
            widget=forms.CheckboxSelectMultiple,
            initial=self.get_default(),
            label=self.verbose_name,
            help_text=self.help_text,
            required=False,
        )

    def validate(self, value: Any, model_instance: models.Model | None) -> None:
        """Refuse values that are none of the options."""
        known = [option for option, _ in self.options]
        if not isinstance(value, list) or any(item not in known for item in value):
            raise ValidationError(f"A list of some of these: {', '.join(known)}.")
        super().validate(value, model_instance)


class Configuration(models.Model):
    """How a study is run. What a participant's data depend on is fixed once it was opened."""

    class Metadata(models.TextChoices):
        """What downloads keep of a photo's EXIF data: `editing.photos.exif.METADATA`."""

        SAFE = "safe", "camera, lens, exposure and time"
        ALL = "all", "all, with place, owner and serial numbers"
        NONE = "none", "nothing"

    class Reveal(models.TextChoices):
        OFF = "off", "never"
        END = "end", "at the end"
        EACH = "each", "after each photo"

    class Order(models.TextChoices):
        RANDOM = "random", "random for each participant"
        BALANCED = "balanced", "each photo as often early as late"
        FIXED = "fixed", "as the photos were added"

    # What it is called, and who runs it.
    title = models.CharField(max_length=200, help_text="shown to participants")
    organiser = models.CharField(
        max_length=300, blank=True, help_text="who runs the study and answers questions, with an address; shown to all"
    )
    controller = models.CharField(
        max_length=300, blank=True, help_text="who is responsible for the data, by law; needed before the study opens"
    )
    contact = models.CharField(
        max_length=300, blank=True, help_text="whom participants ask about their data; needed before the study opens"
    )
    ethics_approval = models.CharField(
        max_length=300,
        blank=True,
        help_text="body and number of the approval, or why none is needed; needed before the study opens",
    )
    listed = models.BooleanField(default=True, help_text="on the start page; otherwise it is found by its link alone")
    minutes = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text="about how many minutes taking part takes, all photos together: said before people agree. Empty: "
        "nothing is said of it",
    )
    languages = ChosenField(
        default=list, blank=True, options=LANGUAGES, help_text="in which it can be taken; none ticked: all of the site"
    )

    # Which photos, to whom, and how often.
    episodes_per_photo = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text="how many treatments of each photo are wanted (k); the study is full when each has them. Empty: any "
        "number",
    )
    count_by_condition = models.BooleanField(
        default=True, help_text="whether that number is wanted in each condition, or of all conditions together"
    )
    photos_per_participant = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text="how many photos one participant is given. Empty: all",
    )
    order = models.CharField(max_length=10, choices=Order, default=Order.RANDOM, help_text="of a participant's photos")
    lease_minutes = models.PositiveIntegerField(
        default=24 * 60,
        validators=[MinValueValidator(5)],
        help_text="for how many minutes photos are reserved for a participant, from the moment they agree",
    )
    repeat_share = models.FloatField(
        default=0,
        validators=[MinValueValidator(0), MaxValueValidator(1)],
        help_text="the share of a participant's photos that they are shown a second time, 0 to 1",
    )
    repeat_distance = models.PositiveSmallIntegerField(
        default=3, help_text="at least so many other photos lie between the two, where there are so many"
    )
    attention_items = StructureField(
        default=list,
        blank=True,
        validators=[check_attention_items],
        help_text='photos of the study with an instruction and rules over their finished steps: [{"photo": SHA-256, '
        '"instruction": {"en": "Make it brighter."}, "rules": [{"filter": "exposure", "parameter": "ev", "low": 1, '
        '"high": 3.5}, {"filter": "gamma", "parameter": "gamma", "low": 0.34, "high": 0.7}], "match": "any"}]. One '
        'rule is enough, or with "match": "all" each must be kept; a single rule may stand in the item itself. These '
        "photos are shown for that alone. With {} for an instruction nothing is asked: a photo with a known right move",
    )

    # Tasks beside play.
    tasks = StructureField(
        default=list,
        blank=True,
        validators=[check_tasks],
        help_text="what a participant does, in order: play, questionnaires and judgements. Empty: play alone. "
        '[{"kind": "questionnaire", "name": "before"}, {"kind": "play"}, {"kind": "rating", "name": "quality", '
        '"makers": ["person", "agent", "untouched"], "trials": 20, "judgements_per_picture": 5}]. '
        "Judgements are of the kinds rating (one picture, 1 to 5), pair (which of two is better), turing (a person or "
        "a program) and turing_pair (which of two a person made); their other settings, each of which may be left "
        "out, are repeat_share, repeat_distance, attention_items, question (by language) and studies (whose pictures "
        "are judged; unset: this one's). docs/researchers.md explains them",
    )
    questionnaires = StructureField(
        default=dict,
        blank=True,
        validators=[check_questionnaires],
        help_text='by name, in SurveyJS\'s JSON: {"before": {"elements": [{"type": "text", "name": "age", "title": '
        '{"default": "How old are you?", "de": "Wie alt sind Sie?"}}]}}',
    )

    # The game.
    maximum_steps = models.PositiveSmallIntegerField(
        default=MAXIMUM_STEPS,
        validators=[MinValueValidator(1), MaxValueValidator(MAXIMUM_STEPS)],
        help_text="how many steps a treatment may have",
    )
    filters = ChosenField(
        default=list,
        blank=True,
        options=tuple((slug, filter_.label) for slug, filter_ in FILTERS.items()),
        help_text="which may be used; none ticked: all",
    )
    allow_untouched = models.BooleanField(default=False, help_text="whether a photo may be submitted as it is")
    tutorial = models.BooleanField(
        default=True, help_text="whether people begin with a practice photo, which never counts"
    )
    reveal = models.CharField(
        max_length=4,
        choices=Reveal,
        default=Reveal.END,
        help_text="when players see what others and the agent made of the photos that they did, and choose blindly",
    )
    agent = models.CharField(
        max_length=190,
        blank=True,
        default=SHIPPED_AGENT,
        help_text="whose pictures stand for the agent there: pretrained, which comes with Safelight and is let play by "
        "the worker, or the NAME of an agent:NAME whose play you import. Empty: no agent is shown",
    )
    personal_agents = models.BooleanField(
        default=False,
        help_text="whether an agent is fitted to each participant, by the first eight photos that they finish, on a "
        "model of people that you upload. It is said before they agree; their profile shows them, once they have done "
        "all, what it makes of their photos; a judgement task may ask of it, as the maker personal_agent. What it "
        "makes is nobody's play, and is in no export",
    )
    public_replays = models.BooleanField(
        default=False, help_text="whether anybody who has the link may watch an episode, step by step on its photo"
    )
    allow_downloads = models.BooleanField(
        default=False, help_text="whether players may download their finished pictures at full size"
    )
    download_metadata = models.CharField(
        max_length=4,
        choices=Metadata,
        default=Metadata.SAFE,
        help_text="what downloads keep of a photo's EXIF data. All tells players where it was taken, by whom and with "
        "which camera: choose it for photos of which everybody may know that. Maker notes are never kept",
    )
    conditions = StructureField(
        default=list,
        blank=True,
        validators=[check_conditions],
        help_text='variants between which participants are divided evenly: [{"name": "three", "changes": '
        '{"maximum_steps": 3}}, {"name": "five", "changes": {}}]',
    )

    # Which devices.
    least_width = models.PositiveSmallIntegerField(
        default=0, help_text="of the window, in CSS pixels; others are told before they agree. WebGL 2 is always needed"
    )
    least_height = models.PositiveSmallIntegerField(default=0, help_text="of the window, in CSS pixels")
    allow_touch = models.BooleanField(default=True, help_text="whether phones and tablets may be used")

    # The texts.
    consent_text = models.TextField(
        blank=True,
        default=default_consent_text,
        help_text="shown before the first photo: paragraphs, with empty lines between them. A changed text is a new "
        "version, and everybody is asked again. Empty: nobody is asked",
    )
    consent_boxes = StructureField(
        default=list,
        blank=True,
        validators=[check_boxes],
        help_text='sentences that must each be ticked to agree, as a list: ["I am 18 or older."]',
    )
    debriefing = models.TextField(blank=True, help_text="shown at the end: paragraphs, with empty lines between them")
    translations = StructureField(
        default=dict,
        blank=True,
        validators=[check_translations],
        help_text='the texts in other languages: {"de": {"title": "...", "consent_text": "...", "consent_boxes": '
        '["..."], "debriefing": "..."}}; what is missing is shown as it stands above',
    )
    data_licence = models.CharField(max_length=200, blank=True, help_text="of the data, as an export names it")

    # Recruitment.
    entry_parameter = models.CharField(
        max_length=100,
        blank=True,
        help_text="the parameter of the link that says who somebody is at the recruiter: PROLIFIC_PID, id of SONA, "
        "participantId of CloudResearch, or any other",
    )
    entry_required = models.BooleanField(
        default=False, help_text="whether people can join only by a link that has this parameter"
    )
    return_link = models.CharField(
        max_length=500,
        blank=True,
        help_text="where participants go back to at the end; {code} stands for the code of their outcome, {id} for "
        "who they are there",
    )
    completion_code = models.CharField(max_length=100, blank=True, help_text="for who has done all")
    attention_code = models.CharField(
        max_length=100, blank=True, help_text="for who has done all, and failed attention"
    )
    device_code = models.CharField(max_length=100, blank=True, help_text="for whose device does not do")
    full_code = models.CharField(max_length=100, blank=True, help_text="for who comes when the study is full")
    declined_code = models.CharField(max_length=100, blank=True, help_text="for who does not agree")
    failed_items_allowed = models.PositiveSmallIntegerField(
        default=0, help_text="how many attention items may be failed before the whole counts as failed"
    )

    prolific_study = models.CharField(
        max_length=200,
        blank=True,
        validators=[
            RegexValidator(r"^[0-9A-Za-z]+(, ?[0-9A-Za-z]+)*$", "Ids of studies at Prolific, separated by commas.")
        ],
        help_text="the id of the study at Prolific, as in its address there; several with commas between them. The "
        "states of its submissions are followed: docs/prolific.md",
    )

    # Payment.
    reward = models.DecimalField(
        null=True,
        blank=True,
        max_digits=8,
        decimal_places=2,
        validators=[MinValueValidator(0)],
        help_text="what somebody is paid for doing all, such as 4.50; who has joined is paid what it was then. Empty: "
        "the amount is not kept here",
    )
    currency = models.CharField(
        max_length=3,
        default="GBP",
        validators=[RegexValidator("^[A-Z]{3}$", "Three capital letters, such as GBP.")],
        help_text="of the reward and of bonuses: three letters, such as GBP, USD or EUR",
    )
    payment_days = models.PositiveSmallIntegerField(
        default=60,
        validators=[MinValueValidator(1)],
        help_text="so many days after it fell due a payment lapses, and whom it was for is forgotten",
    )

    # Quality: from where on somebody's play is worth a look. Nobody is excluded by it.
    flag_seconds = models.FloatField(
        null=True,
        blank=True,
        default=5,
        validators=[MinValueValidator(0)],
        help_text="flag who takes fewer seconds for a photo (the median, with the page in sight). Empty: not flagged",
    )
    flag_untouched = models.FloatField(
        null=True,
        blank=True,
        default=0.3,
        validators=_SHARE,
        help_text="flag whose pictures look untouched on more than this share of the photos, 0 to 1",
    )
    flag_identical = models.FloatField(
        null=True,
        blank=True,
        default=0.3,
        validators=_SHARE,
        help_text="flag who makes the same steps as on another photo on more than this share of the photos, 0 to 1",
    )
    flag_repeats = models.FloatField(
        null=True,
        blank=True,
        default=0.8,
        validators=[MinValueValidator(0)],
        help_text="flag whose two treatments of a repeated photo lie farther apart than this share of the distance "
        "between different people's; 1 is as far",
    )
    flag_away = models.FloatField(
        null=True,
        blank=True,
        default=0.5,
        validators=_SHARE,
        help_text="flag whose page was out of sight, or without the focus, for more than this share of their time, "
        "0 to 1",
    )
    flag_synthetic = models.FloatField(
        null=True,
        blank=True,
        default=0.1,
        validators=_SHARE,
        help_text="flag whose controls were moved by a program more often than this share of the times, 0 to 1",
    )

    # Data protection.
    identity_days = models.PositiveSmallIntegerField(
        default=90, help_text="so many days after the study closes, who people are at the recruiter is forgotten"
    )
    retention_date = models.DateField(
        null=True,
        blank=True,
        help_text="from which nothing leads from the data to a person any more, whatever state the study is in: who "
        "people are at the recruiter is forgotten, and their browsers are not known again. What they did stays under "
        "its pseudonyms, and nobody can withdraw it after that",
    )

    # What a participant's data depend on.
    FROZEN: ClassVar[frozenset[str]] = frozenset(
        {
            "episodes_per_photo",
            "count_by_condition",
            "photos_per_participant",
            "order",
            "repeat_share",
            "repeat_distance",
            "attention_items",
            "tasks",
            "questionnaires",
            "maximum_steps",
            "filters",
            "allow_untouched",
            "personal_agents",
            "conditions",
            "entry_parameter",
        }
    )
    # What a condition may change.
    BY_CONDITION: ClassVar[frozenset[str]] = frozenset(
        {
            "photos_per_participant",
            "order",
            "repeat_share",
            "repeat_distance",
            "tasks",
            "maximum_steps",
            "filters",
            "allow_untouched",
            "tutorial",
            "reveal",
            "agent",
        }
    )

    class Meta:
        abstract = True

    @classmethod
    def setting_names(cls) -> list[str]:
        """Return the names of all settings, in order."""
        return [field.name for field in Configuration._meta.get_fields() if isinstance(field, models.Field)]

    def to_json(self) -> dict[str, Any]:
        """Return all settings as plain values."""
        values = {name: getattr(self, name) for name in self.setting_names()}
        return values | {
            "reward": None if self.reward is None else str(self.reward),
            "retention_date": self.retention_date and self.retention_date.isoformat(),
        }

    def change(self, values: Mapping[str, Any]) -> None:
        """Set settings from plain values; ``full_clean`` checks more than their types.

        Raises:
            ValidationError: there is no such setting, or a value is of another type.
        """
        names = self.setting_names()
        if unknown := [name for name in values if name not in names]:
            raise ValidationError(f"There is no setting {', '.join(unknown)}.")
        for name, value in values.items():
            setattr(self, name, setting(name).to_python(value))

    def clean(self) -> None:
        """Refuse tasks, and conditions, that do not fit the other settings."""
        super().clean()
        self._check_personal_agents()
        self._check_tasks("tasks", {})
        try:
            check_conditions(self.conditions)
        except ValidationError:  # which is said of the field already
            return
        for number, condition in enumerate(self.conditions):
            self._check_condition(number, condition)
            self._check_tasks("conditions", condition["changes"])

    def _check_personal_agents(self) -> None:
        if not self.personal_agents:
            return
        if not self.consent_text.strip():
            message = "Nobody is asked to agree to it: the text of consent is empty."
            raise ValidationError({"personal_agents": message})
        if (self.photos_per_participant or PERSONAL_AGENT_PHOTOS) < PERSONAL_AGENT_PHOTOS:
            message = f"It is fitted by {PERSONAL_AGENT_PHOTOS} photos; a participant is given fewer."
            raise ValidationError({"personal_agents": message})

    def _check_tasks(self, name: str, changes: Mapping[str, Any]) -> None:
        """Refuse tasks, under the changes of a condition, that ask what there is not, or what the reveal has told."""
        tasks = changes.get("tasks", self.tasks)
        try:
            check_tasks(tasks)
            check_questionnaires(self.questionnaires)
        except ValidationError:
            return  # which is said of the field
        asked = [task["name"] for task in tasks if task["kind"] == QUESTIONNAIRE]
        if missing := [asked_for for asked_for in asked if asked_for not in self.questionnaires]:
            raise ValidationError({name: f"There is no questionnaire {missing[0]}."})
        makers = {maker for task in tasks if task["kind"] in JUDGEMENTS for maker in task["makers"]}
        if PERSONAL_AGENT in makers and not self.personal_agents:
            raise ValidationError(
                {name: f"Pictures by {PERSONAL_AGENT} are judged, and personal agents are not allowed."}
            )
        is_blind = changes.get("reveal", self.reveal) != self.Reveal.EACH
        if not is_blind and any(task["kind"] in JUDGEMENTS for task in tasks):
            message = "A reveal after each photo tells who makes what before it is judged: show it at the end or never."
            raise ValidationError({name: message})

    @property
    def shows_agent(self) -> bool:
        """Whether participants are shown what the study's agent makes: in the reveal, or to judge."""
        makers = {maker for task in self.tasks if task["kind"] in JUDGEMENTS for maker in task["makers"]}
        return self.reveal != self.Reveal.OFF or not makers.isdisjoint({"agent", f"agent:{self.agent}"})

    @property
    def has_play(self) -> bool:
        """Whether participants play."""
        return not self.tasks or any(task["kind"] == PLAY for task in self.tasks)

    def _check_condition(self, number: int, condition: Mapping[str, Any]) -> None:
        changes = condition["changes"]
        if refused := [name for name in changes if name not in self.BY_CONDITION]:
            allowed = ", ".join(sorted(self.BY_CONDITION))
            raise ValidationError(
                {"conditions": f"Condition {number + 1} changes {refused[0]}; it may change {allowed}."}
            )
        for name, value in changes.items():
            try:
                setting(name).clean(value, self)
            except ValidationError as error:
                message = f"Condition {number + 1}, {name}: {' '.join(error.messages)}"
                raise ValidationError({"conditions": message}) from None


def setting(name: str) -> "models.Field[Any, Any]":
    """Return the field of a setting."""
    field = Configuration._meta.get_field(name)
    assert isinstance(field, models.Field)  # noqa: S101 (a setting is no relation)
    return field
