"""What becomes of versions as somebody withdraws: tombstones, files that go, and the version that follows."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import F
from django.dispatch import receiver
from django.utils import timezone

from editing.trajectories.tombstones import tombstone
from webapp.datasets.building import new_version
from webapp.datasets.choosing import Choice
from webapp.datasets.models import Comparison, DatasetKey, DatasetVersion, Tombstone, VersionEpisode
from webapp.datasets.queueing import ask_to_build
from webapp.datasets.samples import delete_files
from webapp.games.models import Episode
from webapp.storage.site_file import SiteFile
from webapp.studies.erasing import erasing_study
from webapp.studies.models import Participation, Study, Withdrawal
from webapp.studies.withdrawing import erasing_traces, pseudonym_digest, withdraw

GONE = "Somebody in it has withdrawn."


@receiver(erasing_traces)
def leave_versions(participation: Participation, **kwargs: Any) -> None:
    """Take somebody who withdraws out of all versions.

    Tombstones are stored for every key of the study. Versions with them lose their files, and are followed by one
    without; those that are being built begin anew.
    """
    study = participation.study
    for key in DatasetKey.objects.filter(study=study).select_related("study"):
        digest = tombstone(key.naming.study_name(study.slug), key.naming.player(participation.pseudonym))
        Tombstone.objects.get_or_create(digest=digest, defaults={"study": study, "key": key})
    own = Episode.objects.filter(study=study, participant=participation.participant_id)
    # Locked, so that none of them is finished before we are.
    versions = DatasetVersion.objects.select_for_update(of=("self",)).select_related("study", "key")
    held = list(
        versions.filter(study=study, version_people__participation=participation).order_by("-number")
    )  # fmt: skip
    VersionEpisode.objects.filter(version__study=study, episode__in=own).delete()
    delete_files(held)
    for version in held:
        version.version_people.filter(participation=participation).delete()
        version.conversions.all().delete()
        Comparison.objects.filter(version=version).delete()
    followed: dict[tuple[int, str], DatasetVersion] = {}
    for version in held:
        if version.state in DatasetVersion.COMING:
            rows = DatasetVersion.objects.filter(pk=version.pk)
            rows.update(state=DatasetVersion.State.QUEUED, attempt=F("attempt") + 1, heartbeat=None)
            ask_to_build(version)
            continue
        if version.state == DatasetVersion.State.FAILED and not version.files:
            continue  # nobody has ever had it
        if version.state != DatasetVersion.State.WITHDRAWN:
            _give_up(version, followed)


def _give_up(version: DatasetVersion, followed: dict[tuple[int, str], DatasetVersion]) -> None:
    """Give up a version's files; one version follows all that held the same, by the same names."""
    version.state, version.reason = DatasetVersion.State.WITHDRAWN, GONE
    version.samples = []
    version.save(update_fields=["state", "reason", "samples"])
    what = (version.key_id, json.dumps(version.choice, sort_keys=True))
    if what not in followed:
        followed[what] = new_version(version.study, Choice.from_json(version.choice), successor_of=version)
        ask_to_build(followed[what])
    version.followed_by = followed[what]
    version.save(update_fields=["followed_by"])


@receiver(erasing_study)
def delete_versions(study: Study, **kwargs: Any) -> None:
    """Delete the versions of a study that is erased, with their files."""
    versions = DatasetVersion.objects.filter(study=study)
    delete_files(versions)
    versions.delete()


# Where withdrawals are written down beside the database: a backup of that may be older than they are.
JOURNAL = SiteFile("erasures.jsonl")
# Of Postgres's advisory locks: who writes the journal holds it.
_JOURNAL_LOCK = 0xE7A5


@dataclass(frozen=True)
class Erasure:
    """Somebody has withdrawn from a study; who it was, only the site can tell, by its key."""

    study: str
    pseudonym_digest: str
    withdrawn: str


def write_journal() -> int:
    """Add the withdrawals that the journal lacks; return how many."""
    text = JOURNAL.read() if JOURNAL.exists() else b""
    known = {(row.study, row.pseudonym_digest) for row in read_journal(text, JOURNAL.name)}
    rows = Withdrawal.objects.select_related("study").order_by("pk")
    new = [
        Erasure(row.study.seed, row.pseudonym_digest, row.withdrawn.isoformat())
        for row in rows
        if (row.study.seed, row.pseudonym_digest) not in known
    ]
    if new:
        _append(new)
    return len(new)


def _append(rows: Iterable[Erasure]) -> None:
    """Write the journal anew with rows more, one writer after the other: in a bucket nothing can be added to a file."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_JOURNAL_LOCK])
        before = JOURNAL.read() if JOURNAL.exists() else b""
        # What a crash has cut off is written anew.
        whole = before[: before.rfind(b"\n") + 1]
        JOURNAL.write(whole + b"".join(json.dumps(vars(row)).encode() + b"\n" for row in rows))


def read_journal(text: bytes, name: str) -> Iterator[Erasure]:
    """Yield what a journal says; a last line that was cut off is left out, which the database still has.

    Raises:
        ValueError: a line is none of a journal; it is said of ``name``.
    """
    for number, line in enumerate(text.splitlines(keepends=True), 1):
        if not line.endswith(b"\n"):
            continue
        try:
            row = Erasure(**json.loads(line))
            datetime.fromisoformat(row.withdrawn)
        except (TypeError, ValueError):
            raise ValueError(f"{name}, line {number}: not a line of a journal of erasures") from None
        yield row


@receiver(erasing_traces)
def note_erasure(participation: Participation, **kwargs: Any) -> None:
    """Write a withdrawal into the journal once it is stored."""
    moment = timezone.now().isoformat()
    row = Erasure(participation.study.seed, pseudonym_digest(participation.pseudonym), moment)
    # No partial, which lacks the name by which Django logs what failed: it would raise in place of logging.
    transaction.on_commit(lambda: _append([row]), robust=True)


def replay(erasures: Iterable[Erasure], digests: Iterable[str] = ()) -> int:
    """Withdraw who had withdrawn, and is here again since a backup was restored; return how many.

    Args:
        digests: tombstones of versions.
    """
    gone = {(row.study, row.pseudonym_digest) for row in erasures}
    dead = frozenset(digests)
    keys = list(DatasetKey.objects.select_related("study")) if dead else []
    count = 0
    for participation in Participation.objects.select_related("study", "participant").iterator(500):
        study, pseudonym = participation.study, participation.pseudonym
        own = (key.naming for key in keys if key.study_id == study.pk)
        is_dead = any(tombstone(name.study_name(study.slug), name.player(pseudonym)) in dead for name in own)
        if is_dead or (study.seed, pseudonym_digest(pseudonym)) in gone:
            withdraw(participation)
            count += 1
    return count
