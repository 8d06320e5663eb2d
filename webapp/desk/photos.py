"""The photos of a study: a contact sheet with filters, removal of many, and attention items."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_POST

from editing.game.filters import FILTERS
from editing.photos.read_options import PRIMARIES, TRANSFERS
from webapp.desk.access import for_members, for_researchers, render_desk
from webapp.desk.people import chosen, query_without_page
from webapp.photos.models import Photo
from webapp.photos.storing import played
from webapp.studies.configuration import LANGUAGES
from webapp.studies.copying import account_of, sentences
from webapp.studies.log import counted_names, log
from webapp.studies.members import Role
from webapp.studies.models import DEFAULT, Study
from webapp.studies.photos import take_out

PHOTOS_ON_A_PAGE = 60
LOOKS = {"both": "both", "game": "as the game shows them", "bright": "brightened"}
SUBSETS = {
    "all": "all",
    "warned": "with a warning",
    "unplayed": "not played yet",
    "played": "played",
    "uncredited": "without a licence",
    "attention": "attention items",
}
SORTS = {"newest": "newest first", "name": "by name"}
# Of what a decoder says of its reading.
_TOLD = ("format", "camera", "depth", "transfer", "primaries", "brightness", "assumed", "alpha", "pages")
_ORDERS = {"newest": ("-studyphoto__added", "name"), "name": ("name", "pk")}


@dataclass(frozen=True)
class SheetPhoto:
    """A photo on the contact sheet.

    read_as: how its file became linear light.
    instruction: what is asked on it, where it is an attention item.
    """

    photo: Photo
    warnings: Sequence[str]
    is_played: bool
    read_as: str
    instruction: str


class AttentionItem(forms.Form):
    """What is asked on a photo, and which values of a step fulfil it."""

    setting = forms.ChoiceField(
        label="The step that it asks for",
        choices=[
            (f"{slug}.{parameter.name}", f"{filter_.label}: {parameter.label}")
            for slug, filter_ in FILTERS.items()
            if not filter_.curves
            for parameter in filter_.parameters
        ],
    )
    low = forms.FloatField(label="From", help_text="The values that are right, in the filter's own unit.")
    high = forms.FloatField(label="To")

    def __init__(self, *args: Any, languages: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for number, code in enumerate(languages):
            self.fields[f"instruction_{code}"] = forms.CharField(
                label=f"Instruction, {dict(LANGUAGES)[code]}", max_length=300, required=number == 0
            )

    def item(self, photo: str) -> dict[str, Any]:
        """Return the item as the configuration has it."""
        filter_, _, parameter = self.cleaned_data["setting"].partition(".")
        given = {name: text for name, text in self.cleaned_data.items() if name.startswith("instruction_") and text}
        return {
            "photo": photo,
            "instruction": {name.removeprefix("instruction_"): text for name, text in given.items()},
            "filter": filter_,
            "parameter": parameter,
            "low": self.cleaned_data["low"],
            "high": self.cleaned_data["high"],
        }


@for_researchers
def photos_at_old_address(request: HttpRequest) -> HttpResponseBase:
    """Lead from the address of the photos page that was one for all studies."""
    return redirect("desk-photos", request.GET.get("study") or DEFAULT)


@ensure_csrf_cookie
@for_members(Role.VIEWER)
def photos_page(request: HttpRequest, study: Study) -> HttpResponseBase:
    """Render the contact sheet."""
    look, subset, sort = (
        chosen(request.GET, name, options) for name, options in (("look", LOOKS), ("subset", SUBSETS), ("sort", SORTS))
    )
    search = request.GET.get("search", "").strip()[:100]
    found = _of_subset(study, subset, search, sort)
    page = Paginator(found, PHOTOS_ON_A_PAGE).get_page(request.GET.get("page"))
    return render_desk(
        request,
        "photos",
        study,
        tab="photos",
        page=page,
        sheet=_sheet(study, list(page)),
        total=study.playable.count(),
        looks=LOOKS,
        subsets=SUBSETS,
        sorts=SORTS,
        chosen={"look": look, "subset": subset, "sort": sort, "search": search},
        query=query_without_page(request.GET),
        transfers=TRANSFERS,
        primaries=PRIMARIES,
        upload_built=finders.find("upload.js") is not None,
        maximum_bytes=settings.MAXIMUM_PHOTO_BYTES,
        maximum_megabytes=settings.MAXIMUM_PHOTO_BYTES // 2**20,
    )


@require_POST
@for_members(Role.EDITOR)
def remove_photos(request: HttpRequest, study: Study) -> HttpResponseBase:
    """Take the ticked photos out of the study, or all that the page's filters find."""
    if request.POST.get("all") == "yes":
        subset, search = chosen(request.POST, "subset", SUBSETS), request.POST.get("search", "").strip()[:100]
        photos = list(_of_subset(study, subset, search, "name"))
    else:
        photos = list(study.playable.filter(pk__in=request.POST.getlist("photo")))
    if photos:
        for photo in photos:
            take_out(study, photo)
        log(study, request.user, f"removed {counted_names(len(photos), 'photo', [photo.name for photo in photos])}")
    back = request.POST.get("back", "")
    return redirect(f"{reverse('desk-photos', args=[study.slug])}?{back}" if back else "desk-photos", study.slug)


@for_members(Role.EDITOR)
def attention_page(request: HttpRequest, study: Study, sha256: str) -> HttpResponseBase:
    """Make a photo an attention item, change what it asks, or make it an ordinary photo again."""
    photo = get_object_or_404(study.playable, pk=sha256)
    current = next((item for item in study.attention_items if item["photo"] == sha256), None)
    languages = study.languages or [code for code, _ in LANGUAGES]
    form = AttentionItem(request.POST or None, initial=_initial(current), languages=languages)
    problems: list[str] = []
    if request.method == "POST":
        removes = request.POST.get("remove") == "yes"
        if removes or form.is_valid():
            others = [item for item in study.attention_items if item["photo"] != sha256]
            study.attention_items = others if removes else [*others, form.item(sha256)]
            try:
                study.full_clean()
            except ValidationError as error:
                problems = [sentence.removeprefix("attention_items: ") for sentence in sentences(error)]
            else:
                study.changed_by = account_of(request.user)
                study.save()
                return redirect("desk-photos", study.slug)
    return render_desk(
        request, "attention", study, 400 if request.method == "POST" else 200,
        tab="photos", photo=photo, form=form, current=current, problems=problems, ranges=_ranges(),
    )  # fmt: skip


def _of_subset(study: Study, subset: str, search: str, sort: str) -> list[Photo]:
    photos = study.playable.order_by(*_ORDERS[sort])
    if search:
        photos = photos.filter(Q(name__icontains=search) | Q(attribution__icontains=search) | Q(pk=search))
    if subset == "uncredited":
        photos = photos.filter(licence="")
    if subset == "attention":
        photos = photos.filter(pk__in=[item["photo"] for item in study.attention_items])
    found = list(photos)
    if subset == "warned":
        return [photo for photo in found if photo.reading.warnings or photo.would_be_read_otherwise]
    if subset in ("played", "unplayed"):
        begun = _played_in(study, found)
        return [photo for photo in found if (photo.pk in begun) == (subset == "played")]
    return found


def _played_in(study: Study, photos: Sequence[Photo]) -> set[str]:
    return played([photo.pk for photo in photos])


def _sheet(study: Study, photos: Sequence[Photo]) -> list[SheetPhoto]:
    begun = _played_in(study, photos)
    asked = {item["photo"]: next(iter(item["instruction"].values()), "") for item in study.attention_items}
    return [
        SheetPhoto(
            photo=photo,
            warnings=list(photo.reading.warnings.values()),
            is_played=photo.pk in begun,
            read_as=_read_as(photo),
            instruction=asked.get(photo.pk, ""),
        )
        for photo in photos
    ]


def _read_as(photo: Photo) -> str:
    """Return how a file became linear light, as far as the site knows."""
    known = photo.decoding
    options = known.get("options") or {}
    told = [str(known[name]) for name in _TOLD if known.get(name)]
    asked = [f"{name} {value}, as you said" for name, value in options.items() if value != "auto"]
    return " · ".join([*told, *asked])


def _initial(current: dict[str, Any] | None) -> dict[str, Any]:
    if current is None:
        return {"setting": "black_white.amount", "low": 0.9, "high": 1}
    texts = {f"instruction_{code}": text for code, text in current["instruction"].items()}
    setting = f"{current['filter']}.{current['parameter']}"
    return {"setting": setting, "low": current["low"], "high": current["high"], **texts}


def _ranges() -> list[str]:
    return [
        f"{filter_.label}, {parameter.label}: {parameter.low:g} to {parameter.high:g}, untouched {parameter.neutral:g}"
        for filter_ in FILTERS.values()
        if not filter_.curves
        for parameter in filter_.parameters
    ]
