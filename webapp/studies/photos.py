"""The photos of a study: adding them, one or many at once, and taking them out."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Literal, NamedTuple

from django.db import transaction
from django.dispatch import Signal

from editing.photos.photo_error import PhotoError
from editing.photos.read_options import AUTO, ReadOptions
from webapp.photos.decoding import (
    Decoded,
    NotSaved,
    ReadOtherwise,
    SourceFile,
    StoredReading,
    compare_all,
    decode,
    decode_all,
    strip_file_name,
)
from webapp.photos.models import Photo
from webapp.photos.storing import (
    NO_CREDIT,
    PLAYED,
    Credit,
    NotStored,
    Outcome,
    decoding_folder,
    fill_credit,
    keep_original,
    keep_previews,
    kept_as_it_was,
    played,
    read_otherwise,
    remove,
    store,
    stored_photo,
)
from webapp.studies.models import Lease, Study, StudyPhoto

Decoder = Callable[[SourceFile, Path, ReadOptions], Decoded]
IN_ANOTHER_STUDY = "another study has it, in which you may not change photos, so that it is not decoded again"
# Sent inside the transaction that takes a photo out of a study, with ``study`` and ``photo``.
photo_taken_out = Signal()


class AddedPhoto(NamedTuple):
    """A photo that is now one of a study's.

    outcome: ``linked`` for one that was here and is new in this study, ``known`` for one that was in it.
    note: what makes one doubt that it was read as it is meant, or what was asked for and is not so, since the photo was
        here before; empty else.
    """

    photo: Photo
    outcome: Outcome | Literal["linked"]
    note: str


def add_photo(
    study: Study,
    file: Path,
    options: ReadOptions = AUTO,
    credit: Credit = NO_CREDIT,
    *,
    name: str = "",
    decoder: Decoder = decode,
    again: bool = False,
    may_change: Callable[[Photo], bool] | None = None,
) -> AddedPhoto:
    """Decode a photo's file, store the photo with its preview, keep the original, and add the photo to a study.

    A photo that is here already is known by its content, and stays as it is.

    Args:
        name: of the photo, if it is not the file's.
        decoder: what decodes the file, such as `decode_isolated`; what else that raises is raised.
        again: whether one that is here, and that nobody has played, is decoded again.
        may_change: tells of a photo that is here whether it may be; any may, if nothing is given.

    Raises:
        editing.photos.photo_error.PhotoError: the file is no photo that can be read, or none that anybody can play.
        NotStored: the photo cannot be stored as it is now, or its file was changed meanwhile.
        NotSaved: a file cannot be saved.
    """
    adding = _Adding(study, options, credit, again=again)
    source = SourceFile.read(file)
    if (photo := stored_photo(source.sha256)) and not adding.decodes_again(photo):
        return adding.finish(source, photo, "known")
    if photo is not None and may_change is not None and not may_change(photo):
        raise NotStored(IN_ANOTHER_STUDY)
    with decoding_folder() as folder:
        decoded = decoder(source, folder, options)
        keep_previews(folder, decoded)
    return adding.store(source, replace(decoded, name=name) if name else decoded)


def add_photos(
    study: Study,
    files: Iterable[Path],
    options: ReadOptions,
    credit: Credit,
    report: Callable[[Path, AddedPhoto | PhotoError | NotStored], None],
    *,
    keep_originals: bool = True,
    again: bool = False,
    processes: int = 1,
) -> None:
    """Add many photos as `add_photo` does, decoding on several processes; what became of each file is reported.

    Args:
        keep_originals: whether the originals are kept, where the site keeps any.
        again: whether photos that are here, and that nobody has played, are decoded again.
        processes: how many decode; as many photos are in memory at most.

    Photos that are here and were read by an older version of the reading are read once more, to be compared.

    Raises:
        NotSaved: a file cannot be saved.
    """
    batch = _Batch(_Adding(study, options, credit, keep_originals, again), report)
    with decoding_folder() as folder:
        for source, result in decode_all(batch.unknown(files), folder, options, processes):
            batch.add(source, result, folder)
    with decoding_folder() as folder:
        for source, difference in compare_all(batch.readings(folder), processes):
            batch.compare(source, difference)


@dataclass(frozen=True)
class _Adding:
    """What is the same for each photo that is added."""

    study: Study
    options: ReadOptions
    credit: Credit
    keep_originals: bool = True
    again: bool = False

    def decodes_again(self, photo: Photo) -> bool:
        """Whether a photo that is here is decoded all the same."""
        return self.again and photo.pk not in played([photo.pk])

    def store(self, source: SourceFile, decoded: Decoded) -> AddedPhoto:
        return self.finish(source, *store(decoded, self.credit, again=self.again))

    def finish(self, source: SourceFile, photo: Photo, outcome: Outcome) -> AddedPhoto:
        """Keep the original of a photo that is stored, and add the photo to the study."""
        if self.keep_originals:
            try:
                keep_original(photo, source)
            except NotSaved:
                if outcome in ("added", "restored"):
                    remove(photo)  # nothing is kept by halves
                raise
        is_new = add_to_study(self.study, photo)
        if outcome in ("added", "replaced"):
            return AddedPhoto(photo, outcome, "; ".join(photo.reading.warnings.values()))
        notes = [kept_as_it_was(photo, self.options), fill_credit(photo, self.credit), read_otherwise(photo)]
        is_linked = outcome == "known" and is_new
        return AddedPhoto(photo, "linked" if is_linked else outcome, "; ".join(filter(None, notes)))


class _Batch:
    """Many files that are added, and the report of what became of each."""

    def __init__(self, adding: _Adding, report: Callable[[Path, AddedPhoto | PhotoError | NotStored], None]) -> None:
        self._adding, self._report = adding, report
        self._uncompared: dict[SourceFile, AddedPhoto] = {}

    def unknown(self, files: Iterable[Path]) -> Iterator[SourceFile]:
        """Yield the files that must be decoded; the others are dealt with here."""
        for file in files:
            try:
                source = SourceFile.read(file)
            except PhotoError as error:
                self._report(file, error)
                continue
            if (photo := stored_photo(source.sha256)) and not self._adding.decodes_again(photo):
                self._attempt(source, partial(self._adding.finish, source, photo, "known"))
            else:
                yield source

    def add(self, source: SourceFile, result: Decoded | PhotoError, folder: Path) -> None:
        """Store what was decoded into a folder."""
        if isinstance(result, PhotoError):
            self._report(source.path, result)
        else:
            keep_previews(folder, result)
            self._attempt(source, partial(self._adding.store, source, result))

    def readings(self, folder: Path) -> Iterator[tuple[SourceFile, Path, StoredReading]]:
        """Yield the photos of which nobody knows whether they would be read otherwise by now; previews in a folder."""
        for number, (source, added) in enumerate(self._uncompared.items()):
            own = folder / str(number)
            own.mkdir()
            yield source, added.photo.preview.fetch(own), added.photo.reading

    def compare(self, source: SourceFile, difference: PhotoError | None) -> None:
        """Write down whether a photo would be read otherwise by now, and why."""
        added = self._uncompared[source]
        added.photo.note_comparison(reads_otherwise=difference is not None)
        if difference is not None:
            is_refused = not isinstance(difference, ReadOtherwise)
            reason = f"it would be refused by now: {strip_file_name(difference, source.path)}" if is_refused else ""
            notes = [added.note, reason or read_otherwise(added.photo)]
            added = added._replace(note="; ".join(filter(None, notes)))
        self._report(source.path, added)

    def _attempt(self, source: SourceFile, step: Callable[[], AddedPhoto]) -> None:
        try:
            added = step()
        except NotStored as error:
            self._report(source.path, error)
            return
        if added.outcome != "added" and added.photo.is_to_be_compared:
            self._uncompared[source] = added
        else:
            self._report(source.path, added)


def decode_again(photo: Photo, options: ReadOptions, decoder: Decoder = decode) -> AddedPhoto:
    """Decode a photo of the site again, from its own file, with other options.

    Args:
        decoder: as in `add_photo`.

    Raises:
        editing.photos.photo_error.PhotoError: the file cannot be read.
        NotStored: people have played it, or its own file is not here.
        NotSaved: the preview cannot be saved.
    """
    if photo.pk in played([photo.pk]):
        raise NotStored(PLAYED)
    if not photo.original_suffix or not photo.has_original:
        raise NotStored("its own file is not kept here: add the file once more, to be decoded again")
    with decoding_folder() as original, decoding_folder() as folder:
        source = SourceFile.read(photo.original.fetch(original))
        if source.sha256 != photo.pk:
            raise NotStored("its own file is damaged here: add the file once more, to be decoded again")
        decoded = replace(decoder(source, folder, options), name=photo.name)
        keep_previews(folder, decoded)
    photo, outcome = store(decoded, again=True)
    return AddedPhoto(photo, outcome, "; ".join(photo.reading.warnings.values()))


def check_replaceable(study: Study, photo: Photo) -> None:
    """Refuse to replace a photo that somebody has been given in this study, or has played.

    Raises:
        NotStored: if so.
    """
    is_given = Lease.objects.filter(participation__study=study, photo=photo).exists()
    if is_given or photo.pk in played([photo.pk]):
        raise NotStored("somebody has been given it, or has played it: remove it, and add the right one")


@transaction.atomic
def replace_photo(study: Study, photo: Photo, other: Photo) -> None:
    """Put another photo of the study in a photo's place: in the order, and as an attention item; the first goes.

    Raises:
        NotStored: somebody has been given the photo in this study, or has played it.
    """
    Photo.objects.select_for_update().get(pk=photo.pk)
    check_replaceable(study, photo)
    places = StudyPhoto.objects.filter(study=study)
    places.filter(photo=other).update(added=places.get(photo=photo).added)
    if photo.pk in [item["photo"] for item in study.attention_items]:
        study.attention_items = [
            item | {"photo": other.pk if item["photo"] == photo.pk else item["photo"]} for item in study.attention_items
        ]
        study.save()
    take_out(study, photo)


def add_to_study(study: Study, photo: Photo) -> bool:
    """Make a stored photo one of the study's; False if it was already."""
    return StudyPhoto.objects.get_or_create(study=study, photo=photo)[1]


@transaction.atomic
def take_out(study: Study, photo: Photo) -> None:
    """Take a photo out of a study; when no other study has it, it is removed."""
    # Nobody begins it in the meantime.
    Photo.objects.select_for_update().get(pk=photo.pk)
    StudyPhoto.objects.filter(study=study, photo=photo).delete()
    photo_taken_out.send(Study, study=study, photo=photo)
    if not StudyPhoto.objects.filter(photo=photo).exists():
        remove(photo)
