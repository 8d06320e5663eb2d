"""Every address of the site, and who is turned away there: strangers, others, those who have not agreed, forgers.

A new address needs a row here.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from http.cookies import SimpleCookie
from itertools import cycle
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core import signing
from django.db import transaction
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from tests.webapp.conftest import (
    BRIGHTER,
    PASSWORD,
    Json,
    MakeOnce,
    Player,
    default_study,
    logged_in,
    new_photo,
    new_player,
    owner_of,
    write_events,
)
from tests.webapp.ratings.conftest import store_play
from webapp.datasets.building import build, new_version
from webapp.datasets.choosing import Choice
from webapp.datasets.models import DatasetVersion
from webapp.games.models import Episode
from webapp.judging.models import Picture, ShownPicture, Trial
from webapp.participants.sessions import ticket_for
from webapp.photos.models import Photo
from webapp.ratings.models import Showing
from webapp.studies.members import Membership, Role
from webapp.studies.models import Participation, Study
from webapp.studies.tokens import ApiToken

# `player` has played the photo, `other` has joined the same study, `elsewhere` another one; `unagreed` is the player
# once the study has a new text; `carol` has an account, and is no researcher. Of the researchers, `colleague` has no
# role in the study, `viewer` and `editor` have theirs, and `researcher` is a superuser.
PLAYERS = ("stranger", "elsewhere", "other", "unagreed", "carol", "player")
VISITORS = (*PLAYERS, "colleague", "viewer", "editor", "researcher")
MEMBERS = {"viewer": (0, ""), "editor": (0, ""), "researcher": (0, "")}
EDITORS = {"editor": (0, ""), "researcher": (0, "")}
OK = (0, "")
FORM = "multipart/form-data; boundary=x"
Answer = tuple[int, str]


def answers(default: Answer, **others: Answer) -> dict[str, Answer]:
    """What each visitor is answered: a status, and the code of a refusal or where a page leads; OK is neither."""
    return {visitor: others.get(visitor, default) for visitor in VISITORS}


PUBLIC = answers(OK)
# What is each participant's own, in a study that they have joined, and agreed to.
JOINED = answers((401, "not_joined"), other=OK, player=OK, unagreed=(403, "consent_needed"))
# What belongs to one participant: to others it is as if it were not there. It stays theirs to see under a new text.
OWN = answers((404, "not_found"), player=OK, unagreed=OK)
WATCHED = OWN | MEMBERS
# Shown to whoever has joined a study that has the photo.
PHOTO = answers((404, "not_found"), player=OK, other=OK, unagreed=OK, **MEMBERS)
OF_MEMBERS = answers((403, "forbidden"), **MEMBERS)
OF_EDITORS = answers((403, "forbidden"), **EDITORS)
LOGIN = answers((302, "/login/"), colleague=(403, ""), **MEMBERS)
DESK_OF_EDITORS = LOGIN | {"viewer": (403, "")}
DESK_OF_OWNERS = DESK_OF_EDITORS | {"editor": (403, "")}
NOT_FOR_STRANGERS = answers((403, "forbidden"), **dict.fromkeys(("colleague", *MEMBERS), (400, "malformed")))
RESEARCHERS = ("colleague", *MEMBERS)
# Pages of one's own account, and what they answer before one has confirmed it, or has set up what they are about.
ACCOUNTS = ("carol", *RESEARCHERS)
OF_ACCOUNTS = answers((302, "/login/"), **dict.fromkeys(ACCOUNTS, OK))
CONFIRMED = dict.fromkeys(ACCOUNTS, (302, "/account/confirm/"))
OF_ACCOUNTS_CONFIRMED = answers((302, "/login/")) | CONFIRMED
NONE_YET = dict.fromkeys(ACCOUNTS, (404, ""))
# Pages of the desk that all members of a study see.
OF_THE_DESK = (
    *("desk-study", "desk-progress", "desk-configuration", "desk-photos", "desk-people", "desk-person", "desk-quality"),
    *("desk-episodes", "desk-episode", "desk-events", "desk-picture", "desk-answers", "desk-members", "desk-log"),
    *("desk-exports", "desk-export-list", "desk-receipts", "desk-version-list"),
    *("desk-version", "desk-version-file", "desk-version-single-file", "desk-personal-agents"),
)
CONSENT = answers((302, "/consent/"), player=OK, other=OK)
# Who has joined is told that there is no such task; others, that they have not joined.
NO_TASK = {visitor: (404, "not_found") if answer == OK else answer for visitor, answer in JOINED.items()}
HIDDEN = {visitor: (status, "") for visitor, (status, _) in OWN.items()}


@dataclass(frozen=True)
class Address:
    """An address by the name of its pattern, one of its methods, and what each visitor is answered."""

    name: str
    answers: dict[str, Answer]
    method: str = "GET"
    body: Any = None
    content_type: str = "application/json"

    def __str__(self) -> str:
        return f"{self.method} {self.name}"


READ = [
    *(
        Address(name, PUBLIC)
        for name in ("home", "credits", "finished", "account_login", "agreed", "declined", "study")
    ),
    *(Address(name, PUBLIC) for name in ("schema", "docs", "healthz", "catalogue", "reveal-page", "profile-page")),
    *(Address(name, PUBLIC) for name in ("device", "full", "mine", "livez", "readyz")),
    # Without METRICS_TOKEN; tests/webapp/test_metrics.py has it.
    Address("metrics", answers((404, ""))),
    Address("end", answers((302, "/play/default/"), player=OK, unagreed=OK)),
    Address("mine-file", answers((404, ""), player=OK, unagreed=OK, other=OK)),
    Address("practice", answers((302, "/preview/1/"))),
    Address("play", CONSENT),
    Address("consent", answers(OK, other=(302, "/play/default/"), player=(302, "/play/default/"))),
    Address("finished-thumbnail", HIDDEN),
    Address("replay-page", HIDDEN | MEMBERS),
    Address("photos", answers((302, "/login/"), **dict.fromkeys(RESEARCHERS, (302, "/desk/studies/default/photos/")))),
    *(
        Address(name, answers((302, "/login/"), **dict.fromkeys(RESEARCHERS, OK)))
        for name in ("desk", "desk-new", "desk-health")
    ),
    Address("desk-site-log", LOGIN | {"viewer": (403, ""), "editor": (403, "")}),
    *(Address(name, LOGIN) for name in OF_THE_DESK),
    *(Address(name, DESK_OF_EDITORS) for name in ("desk-configure", "desk-attention", "desk-tokens")),
    *(
        Address(name, LOGIN | dict.fromkeys(MEMBERS, (404, "")))
        for name in ("desk-comparison", "desk-version-comparison")
    ),
    *(Address(name, PUBLIC) for name in ("published", "published-archive")),
    Address("published-file", PUBLIC),
    Address("published-form", answers((404, ""))),  # nobody has asked for one
    Address("version-forms", OF_MEMBERS),
    Address("version-form", OF_MEMBERS | dict.fromkeys(MEMBERS, (404, "not_found"))),
    Address("desk-version-form", LOGIN | dict.fromkeys(MEMBERS, (404, ""))),
    Address("published-sample", answers((404, ""))),  # nobody's play is one here
    *(Address(name, OF_MEMBERS) for name in ("versions", "version", "version-archive", "version-single-file")),
    Address("desk-new-version", DESK_OF_EDITORS),
    Address("desk-export-file", LOGIN | dict.fromkeys(MEMBERS, (404, ""))),
    *(Address(name, DESK_OF_EDITORS) for name in ("desk-payments", "desk-bonuses")),
    Address("thumbnail", LOGIN | {"colleague": (404, "")}),
    Address("admin:index", answers((302, "/admin/login/"), colleague=OK, **MEMBERS)),
    *(Address(name, OF_ACCOUNTS) for name in ("mfa_index", "account_change_password", "account_reauthenticate")),
    # The account has no second factor; before it gets one, it shows once more that it is who it was.
    *(Address(name, OF_ACCOUNTS_CONFIRMED) for name in ("mfa_activate_totp", "mfa_add_webauthn")),
    *(Address(name, OF_ACCOUNTS_CONFIRMED) for name in ("mfa_generate_recovery_codes", "mfa_remove_webauthn")),
    *(Address(name, OF_ACCOUNTS | NONE_YET) for name in ("mfa_deactivate_totp", "mfa_view_recovery_codes")),
    *(Address(name, OF_ACCOUNTS | CONFIRMED) for name in ("mfa_reauthenticate", "mfa_reauthenticate_webauthn")),
    Address("mfa_authenticate", answers((302, "/login/"), **dict.fromkeys(("carol", *RESEARCHERS), (302, "/desk/")))),
    Address("set-language", answers((302, "/"))),
    Address("preview", PHOTO),
    Address("large_preview", answers((404, "not_found"))),
    Address("next", JOINED),
    Address("episode", OWN),
    Address("replay", WATCHED),
    Address("replay-preview", WATCHED),
    Address("downloads", WATCHED),
    Address("download", answers((404, "not_found"))),
    Address("reveals", JOINED | {"other": (409, "reveal_later")}),
    Address("revealed-picture", OWN),
    Address("profile", JOINED),
    Address("personal-agent", JOINED),
    # Of an agent that there is none of.
    Address("personal-picture", NO_TASK),
    # The study has no tasks but play: their pages lead there.
    *(Address(name, answers((302, "/play/default/"))) for name in ("judging-page", "questionnaire-page")),
    Address("trial-picture", OWN),
    Address("questionnaire", JOINED),
]
WRITE = [
    # The text that is agreed to must be the study's of today.
    Address("join", PUBLIC | {"unagreed": (403, "consent_needed")}, "POST", {"kind": "human", "consent": 1}),
    # Another's episode is as if it were not there; who has not joined is told so first.
    Address(
        "events",
        answers((401, "not_joined"), other=(404, "not_found"), player=OK, unagreed=(403, "consent_needed")),
        "POST",
    ),
    Address("downloads", WATCHED, "POST", {"format": "jpeg"}),
    Address("reveal", JOINED | {"other": (409, "reveal_later")}, "POST", {}),
    Address("reveal-answer", JOINED | {"other": (409, "not_shown")}, "POST", {"place": 0, "ms": 900}),
    Address("judging", JOINED, "POST", {}),
    Address("trial-answer", NO_TASK, "POST", {"answer": 1, "ms": 900}),
    Address("answers", NO_TASK, "POST", {"key": "0" * 32, "answers": {}, "ms": 900}),
    Address("study-photo", OF_EDITORS | dict.fromkeys(EDITORS, (409, "conflict")), "POST", {}),
    Address("study-photo", OF_EDITORS, "DELETE"),
    Address("photo-replacement", NOT_FOR_STRANGERS, "POST", content_type=FORM),
    Address("desk-new", answers((302, "/login/"), **dict.fromkeys(RESEARCHERS, OK)), "POST"),
    Address("desk-copy", LOGIN | dict.fromkeys(MEMBERS, (302, "/desk/studies/default-2/")), "POST"),
    Address("desk-state", DESK_OF_EDITORS | dict.fromkeys(EDITORS, (409, "")), "POST"),
    Address("desk-configure", DESK_OF_EDITORS | dict.fromkeys(EDITORS, (400, "")), "POST"),
    Address("desk-import", DESK_OF_EDITORS | dict.fromkeys(EDITORS, (400, "")), "POST"),
    Address("desk-attention", DESK_OF_EDITORS | dict.fromkeys(EDITORS, (400, "")), "POST"),
    Address("desk-remove-photos", DESK_OF_EDITORS | dict.fromkeys(EDITORS, (302, "/photos/")), "POST"),
    Address("desk-judge", DESK_OF_EDITORS | dict.fromkeys(EDITORS, (400, "")), "POST"),
    Address("desk-judge-episode", DESK_OF_EDITORS | dict.fromkeys(EDITORS, (400, "")), "POST"),
    Address("desk-change-member", LOGIN | {"viewer": (404, ""), "editor": (404, ""), "researcher": (400, "")}, "POST"),
    Address("desk-tokens", DESK_OF_EDITORS, "POST"),
    Address("desk-invite", DESK_OF_OWNERS | {"researcher": (400, "")}, "POST"),
    Address("desk-withdraw-invitation", DESK_OF_OWNERS | {"researcher": (404, "")}, "POST"),
    # Whoever has the link may.
    Address("desk-invitation", answers((404, "")), "POST"),
    Address("desk-ask-comparison", LOGIN | dict.fromkeys(MEMBERS, (404, "")), "POST"),
    Address("desk-ask-version-comparison", LOGIN | dict.fromkeys(MEMBERS, (302, "/versions/1/")), "POST"),
    Address("desk-ask-plan", DESK_OF_EDITORS | dict.fromkeys(EDITORS, (302, "/configure/")), "POST"),
    Address("desk-ask-export", LOGIN | dict.fromkeys(MEMBERS, (400, "")), "POST"),
    Address("versions", OF_EDITORS, "POST", {}),
    Address("desk-ask-version", DESK_OF_EDITORS | dict.fromkeys(EDITORS, (400, "")), "POST"),
    Address("desk-retry-version", DESK_OF_EDITORS | dict.fromkeys(EDITORS, (302, "/exports/")), "POST"),
    Address("version-forms", OF_EDITORS, "POST", {"form": "csv"}),
    Address("desk-ask-version-form", DESK_OF_EDITORS | dict.fromkeys(EDITORS, (302, "/versions/1/")), "POST"),
    Address("desk-delete-version-form", DESK_OF_EDITORS | dict.fromkeys(EDITORS, (404, "")), "POST"),
    # Published already: without a description it is refused.
    Address(
        "desk-publish-version", LOGIN | {"viewer": (403, ""), "editor": (403, ""), "researcher": (400, "")}, "POST"
    ),
    Address("desk-change-personal-agents", DESK_OF_EDITORS | dict.fromkeys(EDITORS, (400, "")), "POST"),
    Address("desk-pay", DESK_OF_EDITORS | dict.fromkeys(EDITORS, (302, "/payments/")), "POST"),
    Address("desk-approve", DESK_OF_EDITORS, "POST"),
    Address("desk-bonus", DESK_OF_EDITORS | dict.fromkeys(EDITORS, (400, "")), "POST"),
    # A token of somebody else is an editor's as little as anybody's.
    Address("desk-revoke-token", DESK_OF_EDITORS | {"editor": (404, ""), "researcher": (302, "/tokens/")}, "POST"),
    # The study is one of the form's fields: one that says nothing is refused before a role is asked for.
    Address("photo-list", NOT_FOR_STRANGERS, "POST", content_type=FORM),
    # Of the recruiter, who signs: nobody else can, logged in or not.
    Address("prolific-events", answers((403, "forbidden")), "POST"),
    # Pages, whose forms Django protects.
    Address("mine", PUBLIC, "POST"),
    Address("withdraw", answers((302, "/mine/")), "POST"),
    Address("account_login", PUBLIC, "POST"),
    Address("account_logout", answers((302, "/")), "POST"),
    Address("account_change_password", OF_ACCOUNTS, "POST"),
    Address("mfa_activate_totp", OF_ACCOUNTS_CONFIRMED, "POST"),
    Address("consent", answers((403, ""), other=(302, "/play/default/"), player=(302, "/play/default/")), "POST"),
]


def names(resolver: URLResolver) -> Iterator[str]:
    """The names of all patterns; the admin's are one."""
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLPattern):
            assert pattern.name, f"{pattern} has no name"
            yield pattern.name
        elif pattern.namespace == "admin":
            yield "admin:index"
        else:
            yield from names(pattern)


def test_every_address_has_a_row() -> None:
    assert {address.name for address in READ + WRITE} == set(names(get_resolver()))


@dataclass
class Site:
    """Visitors, each with a browser, and what of the player's there is to ask for."""

    browsers: dict[str, Player]
    values: Json
    played: list[Json]

    def ask(self, visitor: str, address: Address, headers: dict[str, str] | None = None) -> Answer:
        """What a visitor is answered; what the request changes is taken back."""
        browser = self.browsers[visitor]
        cookies = {name: cookie.value for name, cookie in browser.client.cookies.items()}
        with transaction.atomic():
            body = self._batch() if address.name == "events" else address.body
            response = browser.client.generic(
                address.method,
                self.path(address.name),
                b"" if body is None else json.dumps(body).encode(),
                content_type=address.content_type,
                headers=headers or {"X-CSRFToken": cookies.get("csrftoken", "")},
            )
            answer = answered(response)
            transaction.set_rollback(True)
        browser.client.cookies = SimpleCookie(cookies)
        return answer

    def path(self, name: str) -> str:
        """The address of a pattern, filled with those of the values that it takes."""
        possibilities = get_resolver().reverse_dict.getlist(name)
        arguments = possibilities[0][0][0][1] if possibilities else []
        return reverse(name, kwargs={argument: self.values[argument] for argument in arguments})

    def _batch(self) -> Json:
        return {"study": "default", "photo": self.values["sha256"], "events": self.played}


def answered(response: Any) -> Answer:
    """The status, and the code of a refusal or where it leads; OK for what is neither."""
    content = b"".join(response.streaming_content if response.streaming else [response.content])
    if response.status_code < 300:
        return OK
    if "Location" in response:
        return response.status_code, response["Location"].partition("?")[0]
    is_json = response.headers["Content-Type"].startswith("application/json")
    return response.status_code, json.loads(content)["error"]["code"] if is_json else ""


@pytest.fixture(scope="module")
def site_once(made_once: MakeOnce) -> Iterator[Site]:
    """The visitors, and what there is, for all tests."""
    with made_once():
        yield _open_site()


@pytest.fixture
def site(site_once: Site, db: None, settings: Any, tmp_path: Path) -> Site:
    """The site as it is before anybody asks for anything; its pages are built."""
    for program in ("play", "upload", "landing", "finished", "reveal", "profile", "replay"):
        (tmp_path / f"{program}.js").touch()
    settings.STATICFILES_DIRS = [tmp_path]
    return replace(site_once, browsers={name: browser.copy() for name, browser in site_once.browsers.items()})


def _open_site() -> Site:
    study = default_study()
    ada, photo, played = owner_of(study), new_photo(study, 1), write_events(*BRIGHTER, ("submit", {}))
    player, other, stranger, elsewhere = new_player(), new_player(), Player(), Player("elsewhere")
    Study.objects.filter(pk=study.pk).update(allow_downloads=True, agent="")
    assert player.send(photo, played).status_code == 200
    for number in range(3):
        store_play(study, photo, f"someone-{number}", 1.0 + number)
    assert player.post(f"/api/studies/default/photos/{photo.pk}/reveal/", {}).status_code == 200
    Study.objects.create(slug="elsewhere", title="Another study", state="open", tutorial=False)
    assert elsewhere.join().status_code == 200
    stranger.get("/api/studies/default/")
    User.objects.filter(pk=ada.pk).update(is_superuser=True)
    version = new_version(study, Choice())
    build(version.pk)
    DatasetVersion.objects.update(published=timezone.now())
    carol = User.objects.create_user("carol", password=PASSWORD)
    browsers = dict(zip(PLAYERS, (stranger, elsewhere, other, player, logged_in(carol), player), strict=True))
    for name, role in (("viewer", Role.VIEWER), ("editor", Role.EDITOR), ("colleague", None)):
        account = User.objects.create_user(name, password=PASSWORD, is_staff=True)
        if role:
            Membership.objects.create(study=study, user=account, role=role)
        browsers[name] = logged_in(account)
    return Site(
        browsers | {"researcher": logged_in(ada)},
        {
            "slug": "default",
            "sha256": photo.pk,
            "episode_id": played[0]["episode"],
            "look": "game",
            "form": "json",
            "file_format": "jpeg",
            "file": "steps.parquet",
            "moment": "before",
            "language": "de",
            "version": "0",
            "index": 0,
            "number": version.number,
            "name": "before",
            "maker": "you",
            "trial_id": _trial(study, photo).pk,
            "showing_id": Showing.objects.get().pk,
            "pseudonym": Episode.objects.get(pk=played[0]["episode"]).participant.pseudonym,
            "pk": 1,
            "key": ApiToken.make(study, ada, "script", Role.VIEWER)[0].pk,
        },
        played,
    )


def _trial(study: Study, photo: Photo) -> Trial:
    """A picture that the player is given to judge."""
    participation = Participation.objects.get(study=study, completed__isnull=False)
    same = {"task": "judged", "position": 0, "expires": timezone.now()}
    trial = Trial.objects.create(participation=participation, **same)
    picture = Picture.objects.create(study=study, task="judged", photo=photo, maker="untouched")
    ShownPicture.objects.create(trial=trial, index=0, picture=picture)
    return trial


def is_turned_away(answer: Answer) -> bool:
    """Whether it is the answer to who may not, or has first to join, agree or log in."""
    return answer[0] in (401, 403, 404) or answer[1] in ("/login/", "/admin/login/", "/consent/", "/account/confirm/")


def asked(address: Address) -> list[str]:
    """All who are turned away at an address, and of those who are let in and answered alike the first."""
    chosen, seen = [], set()
    for visitor, answer in address.answers.items():
        if is_turned_away(answer) or answer not in seen:
            chosen.append(visitor)
        seen.add(answer)
    return chosen


@pytest.mark.parametrize("choose", [asked, pytest.param(lambda _: VISITORS, id="everybody", marks=pytest.mark.long)])
def test_nobody_reads_or_changes_what_is_not_theirs(site: Site, choose: Callable[[Address], Iterable[str]]) -> None:
    wanted = [(address, visitor) for address in READ + WRITE for visitor in choose(address)]
    different = {}
    for visitor in VISITORS:
        with transaction.atomic():
            if visitor == "unagreed":
                study = Study.objects.get(slug="default")
                study.consent_text = "Another text."
                study.save()
            for address in [address for address, who in wanted if who == visitor]:
                answer, expected = site.ask(visitor, address), address.answers[visitor]
                if not is_like(answer, expected):
                    different[f"{address}, {visitor}"] = (answer, expected)
            transaction.set_rollback(True)
    assert different == {}


def is_like(answer: Answer, expected: Answer) -> bool:
    """Whether it is the answer expected, of which a page to be led to may be the end of the address."""
    return answer[0] == expected[0] and (
        answer[1] == expected[1] or (bool(answer[1]) and answer[1].endswith(expected[1]))
    )


@pytest.mark.parametrize("token", ["", "x" * 32, "0" * 64])
def test_nothing_is_changed_without_the_csrf_token(site: Site, token: str) -> None:
    given = {str(address): site.ask("player", address, {"X-CSRFToken": token})[0] for address in WRITE}
    assert set(given.values()) == {403}, given


def test_a_session_that_was_made_up_is_nobodys(site: Site) -> None:
    closed = [address for address in READ + WRITE if address.answers["stranger"][0] in (401, 403, 404)]
    for address, cookie in zip(closed, cycle(("forged", "a" * 32, "", "../../x")), strict=False):
        site.browsers["stranger"].client.cookies["sessionid"] = cookie
        assert site.ask("stranger", address) == address.answers["stranger"], (cookie, address)


def test_a_ticket_that_was_forged_makes_another_participant(site: Site) -> None:
    known = str(Episode.objects.get(pk=site.values["episode_id"]).participant)
    key = Episode.objects.get(pk=site.values["episode_id"]).participant_id
    right = ticket_for(Episode.objects.get(pk=site.values["episode_id"]).participant)
    forged = [
        signing.dumps(key, salt="another"),
        signing.dumps(key, key="another", salt="safelight.participant"),
        right[:-1] + ("a" if right[-1] != "a" else "b"),
        str(key),
    ]
    for ticket in forged:
        visitor = Player()
        assert visitor.join(ticket=ticket).json()["participant"] != known
        assert answered(visitor.get(site.path("episode"))) == (404, "not_found")
    assert Player().join(ticket=right).json()["participant"] == known
