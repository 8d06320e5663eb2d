"""A study: which photos are played, by whom, under which configuration."""

import copy
from collections.abc import Iterable
from typing import Any, ClassVar

from django.conf import settings
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import get_language

from webapp.participants.models import Participant
from webapp.participants.pseudonyms import new_pseudonym
from webapp.photos.models import Photo
from webapp.studies.configuration import Configuration
from webapp.studies.texts import Texts, personal_agent_paragraph, translated_consent_text

DEFAULT = "default"
AGENT_PREFIX = "agent:"  # of agents' pseudonyms


class StudyQuerySet(models.QuerySet["Study"]):
    """Studies, to be found under their former addresses too."""

    def at(self, slug: str) -> "Study | None":
        """Return the study of that slug, or the one that had it before it was renamed."""
        return self.filter(slug=slug).first() or self.filter(former_slugs__slug=slug).first()

    def by_slugs(self, slugs: Iterable[str]) -> "dict[str, Study]":
        """Return the studies that these slugs, of today or before, lead to; without those that lead to none."""
        return {slug: study for slug in slugs if (study := self.at(slug))}


class Study(Configuration):
    """Photos to play, the configuration of play, and the state that the study is in.

    Attributes:
        changed_by: who saves it, to be kept with the change; None for a program.
    """

    class State(models.TextChoices):
        DRAFT = "draft", "draft: nobody can join"
        PREVIEW = "preview", "preview: researchers can try it, marked as such"
        OPEN = "open", "open"
        PAUSED = "paused", "paused: nobody new, but who has joined goes on"
        CLOSED = "closed", "closed: what was begun can be finished"

    slug = models.SlugField(
        unique=True, help_text="its place in addresses. Renamed, it is found under the former one too"
    )
    # Each player's order of photos is drawn from it: the first slug, which stays when the study is renamed.
    seed = models.CharField(max_length=50, editable=False)
    state = models.CharField(max_length=10, choices=State, default=State.DRAFT)
    closed_at = models.DateTimeField(null=True, editable=False)
    consent_version = models.PositiveIntegerField(default=1, editable=False)
    photos = models.ManyToManyField(Photo, through="StudyPhoto", related_name="studies")
    participants = models.ManyToManyField(Participant, through="Participation", related_name="studies")

    objects = StudyQuerySet.as_manager()
    changed_by: User | None = None

    class Meta:
        ordering: ClassVar = ["slug"]
        verbose_name_plural = "studies"

    def __str__(self) -> str:
        return self.title

    def clean(self) -> None:
        """Refuse what does not fit together, or can no longer be changed."""
        super().clean()
        # Players of the study that had the slug before still come, and send, under it.
        if FormerSlug.objects.filter(slug=self.slug).exclude(study=self.pk).exists():
            raise ValidationError({"slug": "Another study had this slug before it was renamed: choose another one."})
        stored = Study.objects.filter(pk=self.pk).first()
        self._check_opening(stored)
        if stored is not None and stored.was_opened:
            self._check_frozen(stored)

    def _check_opening(self, stored: "Study | None") -> None:
        opens = self.state == self.State.OPEN and (stored is None or stored.state in _BEFORE_OPENING)
        missing = [name for name in ("controller", "contact", "ethics_approval") if opens and not getattr(self, name)]
        if missing:
            raise ValidationError(dict.fromkeys(missing, "Needed before the study opens."))
        if self.state == self.State.OPEN and self.retention_date and self.retention_date <= timezone.now().date():
            message = "It has come: who joins now could not come back tomorrow. Choose a later one, or close the study."
            raise ValidationError({"retention_date": message})

    def _check_frozen(self, stored: "Study") -> None:
        frozen = [name for name in sorted(self.FROZEN) if getattr(self, name) != getattr(stored, name)]
        if frozen:
            message = (
                "Participants' data depend on this setting, so it stays as it was when the study was opened. To change "
                "it, begin a copy of the study, and open that."
            )
            raise ValidationError(dict.fromkeys(frozen, message))

    @transaction.atomic
    def save(self, *args: Any, **kwargs: Any) -> None:
        """Store the study, and keep what was changed. A changed text of consent is the next version."""
        self.consent_text = "\n".join(self.consent_text.strip().splitlines())
        self.agent = self.agent.strip().removeprefix(AGENT_PREFIX)
        self.seed = self.seed or self.slug
        # Locked, so that of two texts that are saved at once each has a version of its own.
        stored = Study.objects.select_for_update().filter(pk=self.pk).first()
        if stored is not None:
            self.consent_version = stored.consent_version + (stored._agreed != self._agreed)
            if kwargs.get("update_fields") is not None:
                kwargs["update_fields"] = {*kwargs["update_fields"], "consent_version", "closed_at"}
        is_closed = self.state == self.State.CLOSED
        if not is_closed or self.closed_at is None:
            self.closed_at = timezone.now() if is_closed else None
        super().save(*args, **kwargs)
        current = Study.objects.get(pk=self.pk)
        if stored is not None and stored.slug != current.slug:
            FormerSlug.objects.filter(study=self, slug=self.slug).delete()
            FormerSlug.objects.get_or_create(slug=stored.slug, defaults={"study": self})
        if stored is None or stored.recorded != current.recorded:
            StudyChange.objects.create(study=self, values=current.recorded, changed_by=self.changed_by)

    @property
    def _agreed(self) -> tuple[Any, ...]:
        """What somebody agrees to, in all languages."""
        names = ("consent_text", "consent_boxes")
        translated = [
            (language, name, texts[name])
            for language, texts in sorted(self.translations.items())
            for name in names
            if name in texts
        ]
        return (self.consent_text, self.consent_boxes, translated, self.personal_agents)

    @property
    def recorded(self) -> dict[str, Any]:
        """What is kept of each change."""
        return {"slug": self.slug, "state": self.state, **self.to_json()}

    @property
    def open(self) -> bool:
        """Whether people can join and begin photos."""
        return self.state == self.State.OPEN

    @property
    def was_opened(self) -> bool:
        """Whether it has been opened, be it paused or closed since: what data depend on is fixed from then on.

        The study that every site begins with is open before anybody could set it up: its first participant fixes it.
        """
        if self.slug == DEFAULT:
            return self.has_participants
        return self.state == self.State.OPEN or self.changes.filter(values__state=self.State.OPEN).exists()

    @property
    def has_participants(self) -> bool:
        """Whether people have joined, those aside who tried the preview."""
        joined = Participation.objects.filter(study=self, preview=False)
        return joined.filter(participant__kind=Participant.Kind.HUMAN).exists()

    @property
    def is_planned(self) -> bool:
        """Whether each participant's photos are settled as they join; else they play all that there are."""
        shares = (self.episodes_per_photo, self.photos_per_participant, self.repeat_share, self.attention_items)
        return self.has_play and any(shares)

    @property
    def has_last_page(self) -> bool:
        """Whether there is more to say at the end than in a study that anybody plays for fun."""
        return bool(self.is_planned or self.tasks or self.entry_parameter or self.completion_code or self.debriefing)

    @property
    def prolific_studies(self) -> list[str]:
        """The ids that it has at Prolific."""
        return [key.strip() for key in self.prolific_study.split(",") if key.strip()]

    @property
    def agent_pseudonym(self) -> str:
        """Under which pseudonym its agent plays; of nobody where it has none."""
        return f"{AGENT_PREFIX}{self.agent}" if self.agent else ""

    @property
    def playable(self) -> models.QuerySet[Photo]:
        """The photos of the study that were not removed."""
        return self.photos.filter(removed_at=None)

    @property
    def texts(self) -> Texts:
        """The texts in the visitor's language, as far as there are any, else as they stand in the configuration."""
        language = get_language() or settings.LANGUAGE_CODE
        given = self.translations.get(language, {})
        consent_text = given.get("consent_text") or translated_consent_text(self.consent_text, language)
        consent_language = language if consent_text else settings.LANGUAGE_CODE
        consent_text = consent_text or self.consent_text
        if self.personal_agents:
            consent_text = f"{consent_text}\n\n{personal_agent_paragraph(consent_language)}"
        return Texts(
            language=consent_language,
            title=given.get("title") or self.title,
            consent_text=consent_text,
            consent_boxes=tuple(given.get("consent_boxes") or self.consent_boxes),
            debriefing=given.get("debriefing") or self.debriefing,
        )

    def opened(self) -> "Study":
        """Return the study as it is for who may play it though it is not open to all; not to be stored."""
        study = copy.copy(self)
        study.state = self.State.OPEN
        return study

    def under(self, condition: str) -> "Study":
        """Return the study as it is under one of its conditions; itself where there is none of that name."""
        named = (known["changes"] for known in self.conditions if known["name"] == condition)
        changes: dict[str, Any] = next(named, {})
        if not changes:
            return self
        study = copy.copy(self)
        study.change(changes)
        return study


_BEFORE_OPENING = (Study.State.DRAFT, Study.State.PREVIEW)


class StudyChange(models.Model):
    """What a study was configured as from some moment on, and who did it. Rows are only ever added."""

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="changes")
    values = models.JSONField()
    changed = models.DateTimeField(auto_now_add=True)
    changed_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        ordering: ClassVar = ["study", "pk"]

    def __str__(self) -> str:
        return f"{self.study} from {self.changed:%Y-%m-%d %H:%M}"


class FormerSlug(models.Model):
    """A slug that a study had before it was renamed: pages, links and events that wait in browsers still name it."""

    slug = models.SlugField(unique=True)
    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="former_slugs")
    since = models.DateTimeField(auto_now_add=True, help_text="when the study was renamed")

    class Meta:
        ordering: ClassVar = ["slug"]

    def __str__(self) -> str:
        return self.slug


class StudyPhoto(models.Model):
    """A photo's place in a study."""

    study = models.ForeignKey(Study, on_delete=models.CASCADE)
    photo = models.ForeignKey(Photo, on_delete=models.PROTECT)
    added = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint("study", "photo", name="photo_once_in_a_study")]

    def __str__(self) -> str:
        return f"{self.photo} in {self.study}"


class Participation(models.Model):
    """A participant who joined a study. Locked while their play is stored, so that two tabs take turns."""

    study = models.ForeignKey(Study, on_delete=models.CASCADE)
    participant = models.ForeignKey(Participant, on_delete=models.CASCADE)
    joined = models.DateTimeField(auto_now_add=True)
    began_under = models.ForeignKey(
        StudyChange, null=True, on_delete=models.RESTRICT, related_name="+", help_text="the configuration at that time"
    )
    condition = models.CharField(max_length=40, blank=True)
    pseudonym = models.CharField(
        max_length=200, default=new_pseudonym, help_text="in this study: what else they take part in has another"
    )
    turn = models.PositiveIntegerField(
        null=True, help_text="their number among those who have joined, by which a balanced order begins elsewhere"
    )
    preview = models.BooleanField(default=False, help_text="a researcher who tried the study: it does not count")
    completed = models.DateTimeField(
        null=True, help_text="when the last of their events was stored, or we cut them short"
    )
    rejected = models.DateTimeField(null=True, help_text="when a researcher refused what they did")
    rejection_reason = models.CharField(max_length=200, blank=True)
    released = models.DateTimeField(
        null=True,
        help_text="when the recruiter gave their place to another: they returned it, or ran out of time",
    )
    anonymised = models.DateTimeField(
        null=True, help_text="when the retention date had come, and nothing led from it to the person any more"
    )

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint("study", "participant", name="joined_once"),
            models.UniqueConstraint("study", "pseudonym", name="pseudonym_once_in_a_study"),
        ]

    def __str__(self) -> str:
        return f"{self.pseudonym} in {self.study}"

    @property
    def own_study(self) -> Study:
        """The study as it is for this participant: under their condition, and open to who tries or goes on with it."""
        study = self.study.under(self.condition)
        goes_on = study.state == Study.State.PAUSED or (self.preview and study.state in _BEFORE_OPENING)
        return study.opened() if goes_on else study


def pseudonym_in_study(study: str = "study", participant: str = "participant") -> Coalesce:
    """Return the expression of a row's player as data name them: in its study, else by the name of an agent.

    Args:
        study, participant: the fields of the row that point to them.
    """
    own = Participation.objects.filter(study=models.OuterRef(study), participant=models.OuterRef(participant))
    return Coalesce(models.Subquery(own.values("pseudonym")[:1]), models.F(f"{participant}__pseudonym"))


class Consent(models.Model):
    """A participant agreed to a study's text, which is kept as it was. Rows are only ever added."""

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="consents")
    participant = models.ForeignKey(Participant, on_delete=models.CASCADE, related_name="consents")
    version = models.PositiveIntegerField()
    text = models.TextField()
    language = models.CharField(max_length=10, blank=True)
    given = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint("study", "participant", "version", name="consent_once_to_a_version")
        ]

    def __str__(self) -> str:
        return f"{self.participant} to version {self.version} of {self.study}"


class Coverage(models.Model):
    """How many treatments of a photo there are, or are reserved, in a condition; of all together where that is empty.

    It is the number of leases that point here. Its row is locked where that changes.
    """

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="coverage")
    photo = models.ForeignKey(Photo, on_delete=models.CASCADE, related_name="coverage")
    condition = models.CharField(max_length=40, blank=True)
    taken = models.PositiveIntegerField(default=0)

    class Meta:
        ordering: ClassVar = ["study", "photo", "condition"]
        constraints: ClassVar = [
            models.UniqueConstraint("study", "photo", "condition", name="coverage_once_of_a_photo_in_a_condition")
        ]

    def __str__(self) -> str:
        return f"{self.photo}: {self.taken}"


class Lease(models.Model):
    """A photo that is reserved for a participant, at its position among theirs.

    Attributes:
        coverage: where it takes one of the k places; none for what never counts, and once the place was given back.
        counts: whether it takes a place where there is one.
    """

    class Purpose(models.TextChoices):
        PLAY = "play"
        REPEAT = "repeat"
        ATTENTION = "attention"

    class State(models.TextChoices):
        HELD = "held"
        HANDED_IN = "handed in"

    participation = models.ForeignKey(Participation, on_delete=models.CASCADE, related_name="leases")
    photo = models.ForeignKey(Photo, on_delete=models.CASCADE, related_name="leases")
    position = models.PositiveSmallIntegerField()
    purpose = models.CharField(max_length=10, choices=Purpose, default=Purpose.PLAY)
    state = models.CharField(max_length=10, choices=State, default=State.HELD)
    coverage = models.ForeignKey(Coverage, null=True, on_delete=models.SET_NULL, related_name="leases")
    counts = models.BooleanField(default=True)
    surplus = models.BooleanField(default=False, help_text="handed in when the place was filled: kept, does not count")
    failed = models.BooleanField(default=False, help_text="an attention item whose rule its steps do not fulfil")
    expires = models.DateTimeField()

    class Meta:
        ordering: ClassVar = ["participation", "position"]
        constraints: ClassVar = [
            models.UniqueConstraint("participation", "position", name="position_once_of_a_participation"),
            models.UniqueConstraint(
                "participation",
                "photo",
                condition=models.Q(purpose="play"),
                name="photo_once_of_a_participation",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.position}: {self.photo}"


class Identity(models.Model):
    """Who somebody is at the recruiter. It is in no export, and goes as they withdraw; payments keep ids apart."""

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="identities")
    participation = models.OneToOneField(Participation, on_delete=models.CASCADE, related_name="identity")
    platform_id = models.CharField(max_length=200)
    parameters = models.JSONField(default=dict, help_text="the other parameters of their link")
    arrived = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["study", "arrived"]
        verbose_name_plural = "identities"
        constraints: ClassVar = [models.UniqueConstraint("study", "platform_id", name="platform_id_once_in_a_study")]

    def __str__(self) -> str:
        return f"who {self.participation} is"  # without the id, which no log shall have


class Withdrawal(models.Model):
    """Somebody has withdrawn, and everything of them is gone: digests under the site's key, and counts.

    Attributes:
        pseudonym_digest: whoever holds a copy of the data can be told whom to leave out.
        participant_digest: of who their browsers say that they are; pages that are still open are told.
        identity_digest: of who they are at the recruiter; they cannot join again.
    """

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="withdrawals")
    pseudonym_digest = models.CharField(max_length=64)
    participant_digest = models.CharField(max_length=64, blank=True)
    identity_digest = models.CharField(max_length=64, blank=True)
    completed = models.BooleanField()
    episodes = models.PositiveIntegerField()
    events = models.PositiveIntegerField()
    withdrawn = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["study", "withdrawn"]

    def __str__(self) -> str:
        return f"{self.episodes} episodes of {self.study}"
