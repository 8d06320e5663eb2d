"""A study: which photos are played, by whom, under which options."""

from collections.abc import Iterable
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models, transaction

from webapp.participants.models import Participant
from webapp.photos.models import Photo

DEFAULT = "default"
# The agent that comes with Safelight, by its name in the learning package's command line.
SHIPPED_AGENT = "pretrained"
AGENT_PREFIX = "agent:"  # of agents' pseudonyms


# What players are told and asked before their first photo, where a study has no text of its own.
_CONSENT_TEXT = """\
This is a study of how people retouch photographs. You are shown dark photographs, one after another, and bring each \
of them out as you like it. There is no right answer.

Stored are the steps that you make, what you tried on the way and how long it took, when you left the window and came \
back, and how the photo was shown: the size of the window, its pixel ratio, whether the screen has a wide gamut.

All of it is kept under a random name, such as quiet-heron-48213, which a cookie in this browser remembers. We ask for \
no name, no e-mail address and no account, and we do not store your internet address with your play.

Researchers use what is stored to study how people retouch, and to train a program at the same game. It may be \
published, with the photos and under the random names, so that other researchers can check and use it.

Taking part is voluntary. You can take a break, and you can stop, at any time and without giving a reason. What you \
did until then stays in the study, because nobody could tell which part of it is yours except this browser.

If you do not want to take part, that is fine: nothing is stored of you before you agree."""


def default_consent_text() -> str:
    """Return the text that a new study begins with: paragraphs, with an empty line between them."""
    return _CONSENT_TEXT


class StudyQuerySet(models.QuerySet["Study"]):
    """Studies, to be found under their former addresses too."""

    def at(self, slug: str) -> "Study | None":
        """Return the study of that slug, or the one that had it before it was renamed."""
        return self.filter(slug=slug).first() or self.filter(former_slugs__slug=slug).first()

    def by_slugs(self, slugs: Iterable[str]) -> "dict[str, Study]":
        """Return the studies that these slugs, of today or before, lead to; without those that lead to none."""
        return {slug: study for slug in slugs if (study := self.at(slug))}


class Study(models.Model):
    """Photos to play, and the options of play."""

    class Metadata(models.TextChoices):
        """What downloads keep of a photo's EXIF data: `editing.photos.exif.METADATA`."""

        SAFE = "safe", "camera, lens, exposure and time"
        ALL = "all", "all, with place, owner and serial numbers"
        NONE = "none", "nothing"

    class Reveal(models.TextChoices):
        OFF = "off", "never"
        END = "end", "at the end"
        EACH = "each", "after each photo"

    slug = models.SlugField(
        unique=True, help_text="its place in addresses. Renamed, it is found under the former one too"
    )
    # Each player's order of photos is drawn from it: the first slug, which stays when the study is renamed.
    seed = models.CharField(max_length=50, editable=False)
    title = models.CharField(max_length=200)
    open = models.BooleanField(default=True, help_text="whether people can join and begin photos")
    allow_untouched = models.BooleanField(default=False, help_text="whether a photo may be submitted as it is")
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
    tutorial = models.BooleanField(
        default=True, help_text="whether people begin with a practice photo, which never counts"
    )
    organiser = models.CharField(
        max_length=300, blank=True, help_text="who runs the study and answers questions, with an address; shown to all"
    )
    minutes = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text="about how many minutes taking part takes, all photos together: said before people agree. Empty: "
        "nothing is said of it",
    )
    consent_text = models.TextField(
        blank=True,
        default=default_consent_text,
        help_text="shown before the first photo: paragraphs, with empty lines between them. A changed text is a new "
        "version, and everybody is asked again. Empty: nobody is asked",
    )
    consent_version = models.PositiveIntegerField(default=1, editable=False)
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
    public_replays = models.BooleanField(
        default=False, help_text="whether anybody who has the link may watch an episode, step by step on its photo"
    )
    photos = models.ManyToManyField(Photo, through="StudyPhoto", related_name="studies")
    participants = models.ManyToManyField(Participant, through="Participation", related_name="studies")

    objects = StudyQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["slug"]
        verbose_name_plural = "studies"

    def __str__(self) -> str:
        return self.title

    def clean(self) -> None:
        """Refuse a slug that leads to another study: players of that one still come, and send, under it."""
        if FormerSlug.objects.filter(slug=self.slug).exclude(study=self.pk).exists():
            raise ValidationError({"slug": "Another study had this slug before it was renamed: choose another one."})

    @transaction.atomic
    def save(self, *args: Any, **kwargs: Any) -> None:
        """Store the study. A text of consent that was changed is the next version; a former slug is kept."""
        self.consent_text = "\n".join(self.consent_text.strip().splitlines())
        self.agent = self.agent.strip().removeprefix(AGENT_PREFIX)
        self.seed = self.seed or self.slug
        # Locked, so that of two texts that are saved at once each has a version of its own.
        stored = Study.objects.select_for_update().filter(pk=self.pk).first()
        if stored is not None:
            self.consent_version = stored.consent_version + (stored.consent_text != self.consent_text)
            if kwargs.get("update_fields") is not None:
                kwargs["update_fields"] = {*kwargs["update_fields"], "consent_version"}
        super().save(*args, **kwargs)
        if stored is not None and stored.slug != Study.objects.values_list("slug", flat=True).get(pk=self.pk):
            FormerSlug.objects.filter(study=self, slug=self.slug).delete()
            FormerSlug.objects.get_or_create(slug=stored.slug, defaults={"study": self})

    @property
    def agent_pseudonym(self) -> str:
        """Under which pseudonym its agent plays; of nobody where it has none."""
        return f"{AGENT_PREFIX}{self.agent}" if self.agent else ""

    @property
    def consent_paragraphs(self) -> list[str]:
        """The text of consent, paragraph by paragraph."""
        return paragraphs(self.consent_text)

    @property
    def playable(self) -> models.QuerySet[Photo]:
        """The photos of the study that were not removed."""
        return self.photos.filter(removed_at=None)


class FormerSlug(models.Model):
    """A slug that a study had before it was renamed: pages, links and events that wait in browsers still name it."""

    slug = models.SlugField(unique=True)
    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="former_slugs")
    since = models.DateTimeField(auto_now_add=True, help_text="when the study was renamed")

    class Meta:
        ordering: ClassVar = ["slug"]

    def __str__(self) -> str:
        return self.slug


def paragraphs(text: str) -> list[str]:
    """Return the paragraphs of a text, which empty lines divide."""
    return [paragraph for paragraph in text.split("\n\n") if paragraph.strip()]


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

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint("study", "participant", name="joined_once")]

    def __str__(self) -> str:
        return f"{self.participant} in {self.study}"


class Consent(models.Model):
    """A participant agreed to a study's text, which is kept as it was. Rows are only ever added."""

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="consents")
    participant = models.ForeignKey(Participant, on_delete=models.CASCADE, related_name="consents")
    version = models.PositiveIntegerField()
    text = models.TextField()
    given = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint("study", "participant", "version", name="consent_once_to_a_version")
        ]

    def __str__(self) -> str:
        return f"{self.participant} to version {self.version} of {self.study}"
