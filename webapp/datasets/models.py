"""What the site's agent could not do; exports and comparisons that were asked for; numbered versions of data."""

import secrets
from datetime import datetime, timedelta
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone

from webapp.datasets.naming import Naming
from webapp.games.models import Episode
from webapp.photos.models import Photo
from webapp.storage.site_file import SiteFile
from webapp.studies.models import Participation, Study

MOST_TRIES = 5
# Before the third try; four times as long before each that follows. The second comes at once, without other photos.
_PAUSE = timedelta(minutes=5)


class AgentFailure(models.Model):
    """A photo that the agent has not been able to play in a study so far. Without this row, it is tried anew."""

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="agent_failures")
    photo = models.ForeignKey(Photo, on_delete=models.CASCADE, related_name="agent_failures")
    tries = models.PositiveSmallIntegerField(default=0)
    reason = models.CharField(max_length=500)
    tried = models.DateTimeField(help_text="the last time")

    class Meta:
        ordering: ClassVar = ["study", "photo"]
        constraints: ClassVar = [models.UniqueConstraint("study", "photo", name="agent_failure_once_of_a_photo")]

    def __str__(self) -> str:
        return f"{self.photo} in {self.study}"

    @property
    def next_try(self) -> datetime | None:
        """When it is tried again; None where it was given up."""
        if self.tries >= MOST_TRIES:
            return None
        return self.tried + (_PAUSE * 4 ** (self.tries - 2) if self.tries > 1 else timedelta())

    @property
    def is_due(self) -> bool:
        """Whether it is time to try again."""
        return self.next_try is not None and self.next_try <= timezone.now()


class AgentTraining(models.Model):
    """What an agent was trained on whose play was imported, so that an export can tell whether it has seen its people.

    Attributes:
        photos: of exports, by the SHA-256 of their sources.
        players: the SHA-256 of their names in the export that it was trained on.
    """

    checkpoint_hash = models.CharField(max_length=64, primary_key=True)
    photos = models.JSONField(default=list)
    players = models.JSONField(default=list)
    stored = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.checkpoint_hash[:12]


class PreparedExport(models.Model):
    """An export that a researcher has asked for: waits for the worker, is written, is there, or why not.

    Attributes:
        statuses: of the episodes in it; ``tutorials``: whether those of practice are.
    """

    class State(models.TextChoices):
        QUEUED = "queued"
        WORKING = "working"
        READY = "ready"
        FAILED = "failed"

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="prepared_exports")
    asked = models.DateTimeField(auto_now_add=True)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    statuses = models.JSONField(default=list)
    tutorials = models.BooleanField(default=False)
    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    reason = models.CharField(max_length=500, blank=True, help_text="why it failed, for the researcher")
    episodes = models.PositiveIntegerField(default=0)
    finished = models.DateTimeField(null=True)

    class Meta:
        ordering: ClassVar = ["-asked", "-pk"]

    def __str__(self) -> str:
        return f"{self.study} of {self.asked:%Y-%m-%d %H:%M}"

    @property
    def file(self) -> SiteFile:
        """The ZIP file."""
        return SiteFile(f"exports/{self.pk}.zip")

    @property
    def is_there(self) -> bool:
        """Whether it was written, and its file was not lost since."""
        return self.state == self.State.READY and self.file.exists()

    @property
    def size(self) -> int:
        """Bytes of its file."""
        return self.file.state()[0] if self.is_there else 0


class CommandJob(models.Model):
    """What the worker makes by a command of ``safelight``, see ``webapp.datasets.command_jobs``.

    Attributes:
        TASK, ARGUMENT: of the worker's queue.
        attempt: counts how often it was begun.
    """

    State = PreparedExport.State
    COMING: ClassVar = (PreparedExport.State.QUEUED, PreparedExport.State.WORKING)
    TASK: ClassVar[str]
    ARGUMENT: ClassVar[str]

    asked = models.DateTimeField(auto_now_add=True)
    state = models.CharField(max_length=10, choices=PreparedExport.State, default=PreparedExport.State.QUEUED)
    reason = models.CharField(max_length=500, blank=True, help_text="why it failed, for the researcher")
    attempt = models.PositiveSmallIntegerField(default=0)
    finished = models.DateTimeField(null=True)

    class Meta:
        abstract = True

    @property
    def is_coming(self) -> bool:
        """Whether it waits, or is worked at."""
        return self.state in self.COMING

    @property
    def owner(self) -> int:
        """The key of the study that it is of."""
        raise NotImplementedError


class PowerAnalysis(CommandJob):
    """How many people and photos the study needs, by its own play so far as a pilot; the last that was asked for.

    It is deleted as somebody withdraws, whose play may be in it.

    Attributes:
        episodes: by people, that were handed in when it was made.
        result: what ``safelight power --json`` wrote.
    """

    TASK: ClassVar = "analyse_power"
    ARGUMENT: ClassVar = "analysis"

    study = models.OneToOneField(Study, on_delete=models.CASCADE, related_name="power_analysis")
    episodes = models.PositiveIntegerField(default=0)
    result = models.JSONField(default=dict)

    def __str__(self) -> str:
        return f"power analysis of {self.study}"

    @property
    def owner(self) -> int:
        """The key of the study that it is of."""
        return self.study_id


def _new_key() -> bytes:
    return secrets.token_bytes(32)


class DatasetKey(models.Model):
    """The key under which versions of a study call its people. It never leaves the site.

    Attributes:
        is_standing: that of all versions, in which somebody has one name; others are of one unlinkable version each.
        opened: when the study was opened, from which all times of the data count.
    """

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="dataset_keys")
    key = models.BinaryField(default=_new_key, max_length=32)
    is_standing = models.BooleanField(default=True)
    opened = models.DateTimeField()
    made = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint("study", condition=models.Q(is_standing=True), name="one_standing_key_of_a_study")
        ]

    def __str__(self) -> str:
        return f"key {self.pk} of {self.study}"  # without the key, which no log shall have

    @property
    def naming(self) -> Naming:
        """How data under this key call the study and its people."""
        return Naming(self.study.seed, bytes(self.key), self.opened, renames_episodes=not self.is_standing)


class DatasetVersion(models.Model):
    """A numbered version of a study's data: what was chosen, what it came to, and where it is.

    Attributes:
        choice: what was chosen, see ``webapp.datasets.choosing``.
        frozen: when the selection was settled; its rows say which episodes and people it holds.
        settled: until when withdrawals, consents and changes of the configuration count.
        stored: the date that its files bear.
        attempt: counts how often it was begun: who writes it and is no longer the one, gives up.
        files: bytes and SHA-256 of each file, and of ``archive``, all of them in one.
        successor_of: the version without files that it was made to follow, since somebody has withdrawn from that.
        followed_by: the one that was made to follow this one, or this one and newer ones that held the same.
        checked: the answers to the gate, see ``webapp.datasets.gate``.
        samples: the ids of episodes that everybody may watch, see ``webapp.datasets.samples``.
    """

    class State(models.TextChoices):
        QUEUED = "queued"
        WORKING = "working"
        READY = "ready"
        FAILED = "failed"
        WITHDRAWN = "withdrawn"

    COMING: ClassVar = (State.QUEUED, State.WORKING)

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="dataset_versions")
    number = models.PositiveIntegerField()
    key = models.ForeignKey(DatasetKey, on_delete=models.RESTRICT, related_name="versions")
    successor_of = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="successors")
    followed_by = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="+")
    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    reason = models.CharField(max_length=500, blank=True, help_text="why it failed, or has no files any more")
    choice = models.JSONField(default=dict)
    asked = models.DateTimeField(auto_now_add=True)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    frozen = models.DateTimeField(null=True)
    settled = models.DateTimeField(null=True)
    stored = models.DateTimeField(default=timezone.now)
    attempt = models.PositiveSmallIntegerField(default=0)
    rows_done = models.PositiveBigIntegerField(default=0)
    rows_expected = models.PositiveBigIntegerField(default=0)
    heartbeat = models.DateTimeField(null=True)
    finished = models.DateTimeField(null=True)
    manifest = models.JSONField(default=dict)
    files = models.JSONField(default=dict)
    checked = models.JSONField(default=dict)
    published = models.DateTimeField(null=True)
    description = models.TextField(blank=True)
    licence = models.CharField(max_length=200, blank=True)
    doi = models.CharField(max_length=200, blank=True)
    samples = models.JSONField(default=list)

    class Meta:
        ordering: ClassVar = ["study", "-number"]
        constraints: ClassVar = [models.UniqueConstraint("study", "number", name="number_once_of_a_study")]

    def __str__(self) -> str:
        return f"{self.study.seed}-v{self.number}"

    @property
    def file(self) -> SiteFile:
        """The file with all of its files."""
        return SiteFile(f"{self.made_folder}.zip")

    @property
    def made_folder(self) -> str:
        """The folder, of the site's files, of what was made of it: the pictures of samples, and other forms."""
        return f"datasets/{self.study_id}/{self.number}"

    @property
    def is_there(self) -> bool:
        """Whether it was written, and its file was not lost since."""
        return self.state == self.State.READY and self.file.exists()

    @property
    def progress(self) -> int:
        """Per cent of its rows that are written; 99 until it is there."""
        if self.state == self.State.READY:
            return 100
        return min(99, 100 * self.rows_done // max(1, self.rows_expected))

    @property
    def successor(self) -> "DatasetVersion | None":
        """The newest version that takes its place: the one that followed, or what followed that."""
        later = self.followed_by
        while later is not None and later.followed_by is not None:
            later = later.followed_by
        return later


class ConvertedVersion(CommandJob):
    """A version in the form of another program, which a researcher has asked for; it goes with the version's files.

    Attributes:
        most: Minari: so many episodes at most; None: all.
        size, sha256: of its file.
    """

    class Form(models.TextChoices):
        CSV = "csv", "CSV"
        MINARI = "minari", "Minari"
        HUGGING_FACE = "hugging-face", "Hugging Face"
        PSYCH_DS = "psych-ds", "Psych-DS"

    TASK: ClassVar = "convert_version"
    ARGUMENT: ClassVar = "conversion"

    version = models.ForeignKey(DatasetVersion, on_delete=models.CASCADE, related_name="conversions")
    form = models.CharField(max_length=20, choices=Form)
    most = models.PositiveIntegerField(null=True)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    size = models.PositiveBigIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True)

    class Meta:
        ordering: ClassVar = ["version", "form"]
        constraints: ClassVar = [models.UniqueConstraint("version", "form", name="form_once_of_a_version")]

    def __str__(self) -> str:
        return f"{self.version}-{self.form}"

    @property
    def owner(self) -> int:
        """The key of the study that it is of."""
        return self.version.study_id

    @property
    def file(self) -> SiteFile:
        """The ZIP file."""
        return SiteFile(f"{self.version.made_folder}/{self.form}.zip")

    @property
    def is_there(self) -> bool:
        """Whether it was written, and its file was not lost since."""
        return self.state == self.State.READY and self.file.exists()


class Comparison(CommandJob):
    """How like people the study's agents played, by an export or a version: asked for on the desk.

    Its report lies beside the file of that, and goes with it.
    """

    TASK: ClassVar = "compare_export"
    ARGUMENT: ClassVar = "comparison"

    export = models.OneToOneField(PreparedExport, null=True, on_delete=models.CASCADE, related_name="comparison")
    version = models.OneToOneField(DatasetVersion, null=True, on_delete=models.CASCADE, related_name="comparison")
    answer = models.CharField(max_length=500, blank=True, help_text="what came out, in a sentence")

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(export=None) ^ models.Q(version=None), name="comparison_of_an_export_or_a_version"
            )
        ]

    def __str__(self) -> str:
        return f"comparison of {self.source}"

    @property
    def source(self) -> PreparedExport | DatasetVersion:
        """The play that it is by."""
        source = self.export or self.version
        if source is None:
            raise ValueError("a comparison is of an export or of a version")
        return source

    @property
    def owner(self) -> int:
        """The key of the study that it is of."""
        return self.source.study_id

    @property
    def file(self) -> SiteFile:
        """The report, one HTML page."""
        if self.version is not None:
            return SiteFile(f"{self.version.made_folder}/comparison.html")
        return SiteFile(f"exports/{self.source.pk}.html")

    @property
    def is_there(self) -> bool:
        """Whether it was made, and its file was not lost since."""
        return self.state == self.State.READY and self.file.exists()


class VersionEpisode(models.Model):
    """An episode that a version holds."""

    version = models.ForeignKey(DatasetVersion, on_delete=models.CASCADE, related_name="version_episodes")
    episode = models.ForeignKey(Episode, on_delete=models.CASCADE, related_name="in_versions")

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint("version", "episode", name="episode_once_in_a_version")]

    def __str__(self) -> str:
        return f"{self.episode_id} in {self.version_id}"


class VersionPerson(models.Model):
    """Somebody who is in a version; whether all of their play that counts is."""

    version = models.ForeignKey(DatasetVersion, on_delete=models.CASCADE, related_name="version_people")
    participation = models.ForeignKey(Participation, on_delete=models.CASCADE, related_name="in_versions")
    is_whole = models.BooleanField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint("version", "participation", name="person_once_in_a_version")]

    def __str__(self) -> str:
        return f"{self.participation_id} in {self.version_id}"


class Tombstone(models.Model):
    """A digest by which whoever has an old copy finds the rows of somebody who has withdrawn; nothing else is known."""

    study = models.ForeignKey(Study, on_delete=models.CASCADE, related_name="tombstones")
    key = models.ForeignKey(DatasetKey, on_delete=models.CASCADE, related_name="tombstones")
    digest = models.CharField(max_length=64, unique=True)
    made = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering: ClassVar = ["study", "digest"]

    def __str__(self) -> str:
        return self.digest
