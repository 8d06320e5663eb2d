"""A robot that takes part in a study over HTTP, through the same door as a browser, and remembers what it has sent."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from random import Random
from threading import Event
from typing import Any, Literal
from urllib.parse import urlencode
from uuid import uuid4

import httpx
import numpy as np
from numpy.typing import NDArray

from editing.game.attention import AttentionRule
from editing.game.events import Event as PlayedEvent
from editing.game.rules import replay, trajectory
from editing.photos.preview_transport import PackedPreviewError, unpack_preview
from editing.trajectories.receipts import Receipt, answers_digest, digest
from learning.robots.client import PAUSES, Client, Page, RobotError
from learning.robots.history import History
from learning.robots.network import BadNetwork
from learning.robots.play import Offer, play_photo
from learning.robots.questionnaire import Answered, answers_to
from learning.robots.temperaments import TEMPERAMENTS, Temperament

# A robot looks at one pixel in so many, across and down: its taste needs no more.
PIXEL_STRIDE = 8
# How often a robot begins anew where somebody has come under its name in the same moment.
_TRIES = 5
_GONE = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND)
# In a parameter of the link, what is replaced by who the robot is.
ROBOT = "{robot}"

Outcome = Literal["full", "unfinished", "completed", "attention"]


@dataclass(frozen=True)
class Played:
    """An episode that a robot has submitted."""

    episode: str
    player: str
    events: int


@dataclass(frozen=True)
class Visit:
    """How a robot's visit went.

    Attributes:
        outcome: ``attention``: it has done all, and failed more attention items than are allowed.
        code: that the site gave it; empty where it gave none.
        withdrew: whether it has withdrawn at its end; what it had sent is gone then.
    """

    player: str
    outcome: Outcome
    played: tuple[Played, ...] = ()
    code: str = ""
    withdrew: bool = False


@dataclass(frozen=True)
class Manner:
    """How robots visit a site.

    Attributes:
        pace: how long they think, as a share of the time that their temperament takes: 0 not at all, 1 as people do.
        faults: the share of their requests that meets a fault of the network (`BadNetwork`).
        entry: parameters of the address under which they come, such as those of a recruiter; ``{robot}`` in one stands
            for who the robot is.
        configuration: of the study, as ``manage.py study export`` writes it, as far as they know it: what is asked on
            attention items, and which code is whose.
        temperaments: of the robots, in turn.
        withdrawals: the share that withdraws: half of them at the end, half of them half-way.
        devices: the share of photos before which they go on on another device; by the recruiter's link alone.
        pauses: seconds after each try to reach a site that has answered before.
    """

    pace: float = 0.0
    faults: float = 0.0
    entry: Mapping[str, str] = field(default_factory=dict)
    configuration: Mapping[str, Any] = field(default_factory=dict)
    temperaments: Sequence[Temperament] = TEMPERAMENTS
    withdrawals: float = 0.0
    devices: float = 0.0
    pauses: Sequence[float] = PAUSES

    @property
    def rules(self) -> dict[str, AttentionRule]:
        """What is asked on attention items, by their photos."""
        return {item["photo"]: AttentionRule.of(item) for item in self.configuration.get("attention_items", ())}


class Visitor:
    """A visitor of one study, with cookies of its own, who remembers what it has sent."""

    def __init__(
        self,
        url: str,
        study: str,
        transport: httpx.BaseTransport | None = None,
        answered: Event | None = None,
        *,
        manner: Manner = Manner(),
        number: int = 0,
        seed: int = 0,
    ) -> None:
        """Make a visitor who has not come yet; ``answered`` is set once the site has answered anybody.

        How it plays a photo follows from the seed and its number.
        """
        self.study = study
        self.histories: list[History] = []
        self.answered: list[Answered] = []
        self.player = ""
        self.code = ""
        self.failed_items = 0
        self.has_done_all = False
        self.temperament = manner.temperaments[number % len(manner.temperaments)]
        self._manner = manner
        self._seed = (seed, number)
        self._key = str(uuid4())
        self._entry = {name: value.replace(ROBOT, self._key) for name, value in manner.entry.items()}
        self._offer = Offer()
        self._has_tutorial = False
        self._agreed: tuple[int, tuple[str, ...]] | None = None
        self._seen: dict[str, int] = {}
        if manner.faults:
            transport = BadNetwork(transport or httpx.HTTPTransport(), manner.faults, seed + number)
        self.client = Client(url, transport, answered, insists=bool(manner.faults), pauses=manner.pauses)

    def join(self) -> str:
        """Come by the link, agree to the study's text as a robot, and be given a pseudonym; empty where it is full."""
        text = self._get_json(f"/api/studies/{self.study}/")["consent"]
        if text:
            self._agreed = (text["version"], tuple(text.get("boxes", ())))
        if self._arrive().endswith("/full/"):
            return ""
        # With a key of its own: a request that is sent again, since no reply came, makes no second participant.
        body = {"kind": "robot", "consent": text["version"] if text else None, "key": self._key}
        answer = self.client.request("POST", f"/api/studies/{self.study}/join/", body).json()
        self.player = str(answer["participant"])
        # By now the site knows who asks, and under which condition they play.
        study = self._get_json(f"/api/studies/{self.study}/")
        game = {name: study[name] for name in ("filters", "maximum_steps", "allow_untouched") if name in study}
        self._offer = Offer(**game | ({"filters": tuple(game["filters"])} if "filters" in game else {}))
        self._has_tutorial = bool(study.get("tutorial"))
        return self.player

    def _arrive(self) -> str:
        """Follow the link, and agree where that is asked; return the address that it led to."""
        link = f"/play/{self.study}/?{urlencode(self._entry)}".rstrip("?")
        for _ in range(_TRIES):
            page = self.client.request("GET", link)
            if not page.url.path.endswith("/consent/"):
                return page.url.path
            form = {**Page(page.text).fields, "kind": "robot", "key": self._key}
            path = page.url.raw_path.decode()
            page = self.client.request("POST", path, form=form, allowed=(HTTPStatus.CONFLICT,))
            if page.status_code != HTTPStatus.CONFLICT:
                return page.url.path
        raise RobotError(f"{link} asks for consent again and again")

    def practise(self) -> None:
        """Go through the tutorial, where the study has one."""
        if self._has_tutorial:
            offered = self._get_json(f"/api/studies/{self.study}/next/?practice=true")
            if offered.get("tutorial") and offered["photo"] is not None:
                self._play(offered["photo"], None, is_practice=True)

    def answer_questionnaires(self) -> None:
        """Answer the questionnaires that come before anything else, one after the other."""
        while name := (asked := self._get_json(f"/api/studies/{self.study}/questionnaire/"))["name"]:
            random = Random(f"{self._seed} {name}")  # noqa: S311 (nothing is secret)
            values, ms = answers_to(asked["survey"], random), random.randrange(5_000, 90_000)
            body = {"key": str(uuid4()), "answers": values, "ms": ms}
            answer = self.client.request("POST", f"/api/studies/{self.study}/questionnaires/{name}/", body)
            self.answered.append(Answered(name, values, answer.headers["Content-Language"], ms))

    def has_more(self) -> bool:
        """Tell whether there is a photo left to play."""
        return self._get_json(f"/api/studies/{self.study}/next/")["photo"] is not None

    def play_next(self) -> Played | None:
        """Play the next photo to its end; None when none is left."""
        photo = self._get_json(f"/api/studies/{self.study}/next/")["photo"]
        if photo is None:
            return None
        rule = self._manner.rules.get(photo["id"])
        history = self._play(photo, rule if self.temperament.obedient else None)
        if rule is not None and not rule.is_kept(trajectory(replay(history.sent, allow_untouched=True))):
            self.failed_items += 1
        return Played(history.episode, self.player, history.acknowledged)

    def change_device(self) -> None:
        """Come back by the link on another device, to the same participation.

        Raises:
            RobotError: the site takes it for somebody else.
        """
        self.client.forget()
        before = self.player
        if self.join() != before:
            raise RobotError(f"who was {before} is {self.player or 'nobody'} on another device")

    def finish(self) -> str:
        """Ask for the last page once all is done, and return the code on it.

        Raises:
            RobotError: the code is not the one that is due.
        """
        self.has_done_all = True
        end = self._get_json(f"/api/studies/{self.study}/next/").get("end", "")
        if end:
            self.code = Page(self.client.request("GET", end).text).code
        due = self._code_due()
        if due is not None and self.code != due:
            raise RobotError(f"{self.player} was given the code {self.code!r}; {due!r} is due")
        return self.code

    @property
    def outcome(self) -> Outcome:
        """How it ended, as far as the robot knows."""
        if not self.has_done_all:
            return "unfinished"
        allowed = self._manner.configuration.get("failed_items_allowed", 0)
        return "attention" if self.failed_items > allowed else "completed"

    def _code_due(self) -> str | None:
        """Return the code that is due; None where the robot does not know the study's configuration."""
        given = self._manner.configuration
        if not given:
            return None
        completed = str(given.get("completion_code", ""))
        return str(given.get("attention_code") or completed) if self.outcome == "attention" else completed

    def verify(self) -> None:
        """Ask the site for all that it has of this visitor, and hold it against what the visitor knows.

        Raises:
            RobotError: something is lost, doubled or changed: by episode and number; or it is of somebody else.
        """
        data = self._get_json(f"/play/{self.study}/mine.json")
        answers = [(row["questionnaire"], row["answers"]) for row in data["answers"]]
        if sorted(answers, key=str) != sorted(((own.questionnaire, own.values) for own in self.answered), key=str):
            raise RobotError(f"the site has other answers of {self.player} than were sent: {answers}")
        stored = {episode["id"]: episode for episode in data["episodes"]}
        for history in self.histories:
            own = stored.pop(history.episode, {"events": []})
            if faults := history.compare(map(_as_sent, own["events"])):
                raise RobotError(f"the site does not have episode {history.episode} as it was sent: {faults}")
        if stored:
            raise RobotError(f"the site has an episode of {self.player} that it never sent: {min(stored)}")
        if data["pseudonym"] != self.player:
            raise RobotError(f"the site takes {self.player} for {data['pseudonym']}")
        if self.has_done_all and not data["completed"]:
            raise RobotError(f"{self.player} has done all, and the site says that something is missing")
        self._verify_recruiter(data["recruiter"])
        self._verify_consent(data["consents"])

    def _verify_recruiter(self, stored: Mapping[str, Any] | None) -> None:
        name = self._manner.configuration.get("entry_parameter")
        if not name or name not in self._entry:
            return
        others = {key: value for key, value in self._entry.items() if key != name}
        known = {"id": self._entry[name], "parameters": others}
        if stored != known:
            raise RobotError(f"the site has {stored} of the link of {self.player}, who came by {known}")

    def _verify_consent(self, consents: Sequence[Mapping[str, Any]]) -> None:
        if self._agreed is None:
            return
        version, boxes = self._agreed
        texts = [consent["text"] for consent in consents if consent["version"] == version]
        if len(texts) != 1 or any(f"[x] {box}" not in texts[0] for box in boxes):
            raise RobotError(f"the site does not have the consent of {self.player} to version {version}, once")

    @property
    def receipt(self) -> Receipt:
        """The receipt that the site and an export must have of this visitor; tutorials do not count."""
        played = [history for history in self.histories if not history.is_practice]
        events = [event.to_json() for history in played for event in history.sent]
        answers = [row for answered in self.answered for row in answered.rows()]
        return Receipt(
            player=self.player,
            study=self.study,
            complete=self.has_done_all,
            episodes=len(played),
            events=len(events),
            digest=digest(events),
            answers=len(answers),
            answers_digest=answers_digest([], answers),
        )

    def withdraw(self) -> None:
        """Withdraw from the study, and see to it that nothing is left.

        Raises:
            RobotError: an episode is still there.
        """
        self.client.request("POST", f"/play/{self.study}/withdraw/", form={"sure": "yes"})
        for history in self.histories:
            answer = self.client.request("GET", f"/api/episodes/{history.episode}/", allowed=_GONE)
            if answer.status_code not in _GONE:
                raise RobotError(f"{self.player} has withdrawn, and the site still has episode {history.episode}")

    def _play(self, photo: Mapping[str, Any], rule: AttentionRule | None, *, is_practice: bool = False) -> History:
        content = self.client.request("GET", photo["preview_url"]).content
        preview = _unpacked(content)[::PIXEL_STRIDE, ::PIXEL_STRIDE].astype(np.float32)
        times = self._seen.get(photo["id"], 0)
        self._seen[photo["id"]] = times + 1
        # Which photos a robot is given, and in what order, is the site's choice: its play of one must not depend on it.
        own = (*self._seed, int(photo["id"], 16))
        again = np.random.default_rng((*own, times)) if times else None
        forgets = again is not None and self.temperament.wobble is None
        random = again if forgets and again is not None else np.random.default_rng(own)
        history: History | None = None
        for batch in play_photo(preview, self.temperament, random, self._offer, again, rule):
            if history is None:
                history = History(batch[0].episode, is_practice=is_practice)
                self.histories.append(history)
            self._think(history, batch)
            self._send_events(history, photo["id"], batch)
        if history is None:
            raise AssertionError("a robot's play begins with a start")
        return history

    def _think(self, history: History, batch: Sequence[PlayedEvent]) -> None:
        if self._manner.pace and history.sent:
            time.sleep(self._manner.pace * (batch[0].ms - history.sent[-1].ms) / 1000)

    def _send_events(self, history: History, photo: str, batch: Sequence[PlayedEvent]) -> None:
        history.sent += batch
        body = {"study": self.study, "photo": photo, "events": [event.to_json() for event in batch]}
        answer = self.client.request("POST", f"/api/episodes/{history.episode}/events/", body).json()
        history.acknowledged = int(answer["next_seq"])

    def _get_json(self, path: str) -> Any:
        return self.client.request("GET", path).json()


def _as_sent(event: Mapping[str, Any]) -> PlayedEvent:
    return PlayedEvent.from_json({name: value for name, value in event.items() if name != "received_at"})


def _unpacked(content: bytes) -> NDArray[np.float16]:
    try:
        return unpack_preview(content)
    except PackedPreviewError as error:
        raise RobotError(f"the site sent a photo that cannot be read: {error}") from None
