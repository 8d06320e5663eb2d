"""The photos of a study: a contact sheet with filters, and removal of many."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.contrib.staticfiles import finders
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_POST

from editing.photos.read_options import PRIMARIES, TRANSFERS
from webapp.desk.access import for_members, for_researchers, render_desk
from webapp.desk.people import chosen, query_without_page
from webapp.photos.models import Photo
from webapp.photos.storing import played
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
    asked = {
        item["photo"]: next(iter(item["instruction"].values()), "a known right move") for item in study.attention_items
    }
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
