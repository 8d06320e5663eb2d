"""Robots play by the rules, each after its temperament, and say what is wrong with a site."""

import json
from dataclasses import replace
from typing import Any

import httpx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from editing.game.attention import AttentionRule, StepRule
from editing.game.events import Event
from editing.game.rules import replay, trajectory
from editing.photos.preview_transport import pack_preview
from learning.robots.client import RobotError
from learning.robots.crowd import play_site
from learning.robots.history import Faults, compare
from learning.robots.network import FAULTS, BadNetwork
from learning.robots.play import Offer, play_photo
from learning.robots.temperaments import CAREFUL, HABITS, TEMPERAMENTS, Temperament
from learning.robots.visitor import Manner, Played


def dark_photo(seed: int = 0) -> NDArray[Any]:
    return np.random.default_rng(seed).random((12, 16, 3), dtype=np.float32) * 0.1


@given(st.sampled_from(TEMPERAMENTS), st.integers(0, 2**32), st.sampled_from([0.0, 0.1, 1.0, 3.0]))
@settings(max_examples=60, deadline=None)
def test_whatever_a_robot_plays_is_legal_and_ends_in_a_submit(temperament: Any, seed: int, light: float) -> None:
    batches = list(play_photo(dark_photo() * 10 * light, temperament, np.random.default_rng(seed)))
    state = replay(event for batch in batches for event in batch)
    assert state.status == "submitted"
    assert 1 <= len(trajectory(state)) <= temperament.steps[1]


def played(temperament: Temperament, photo: int = 0, **more: Any) -> list[Event]:
    batches = play_photo(dark_photo(photo), temperament, np.random.default_rng(photo), **more)
    return [event for batch in batches for event in batch]


@given(st.sampled_from(list(HABITS.values())), st.booleans(), st.integers(0, 2**32))
@settings(max_examples=30, deadline=None)
def test_bad_habits_are_legal_whatever_is_offered(habit: Temperament, allow_untouched: bool, seed: int) -> None:
    offer = Offer(("gamma", "black_white", "exposure"), 2, allow_untouched)
    again = np.random.default_rng(seed)
    events = [event for batch in play_photo(dark_photo(), habit, again, offer, again) for event in batch]
    state = replay(events, allow_untouched)
    assert state.status == "submitted"
    assert len(state.steps) <= 2
    assert {step.filter for step in state.steps} <= set(offer.filters)


def test_each_bad_habit_is_what_it_says() -> None:
    careful = played(CAREFUL)
    assert played(HABITS["rushing"])[-1].ms < careful[-1].ms / 8
    assert trajectory(replay(played(HABITS["routine"], 1))) == trajectory(replay(played(HABITS["routine"], 2)))
    untouched = played(HABITS["idle"], offer=Offer(allow_untouched=True))
    assert [event.kind for event in untouched] == ["start", "submit"]
    assert {event.kind for event in played(HABITS["absent"])} > {"blur", "focus"}
    gestures = [event.gesture for event in (*careful, *played(HABITS["scripted"])) if event.kind == "adjust"]
    assert {gesture.trusted for gesture in gestures if gesture} == {True, False}


def test_a_second_look_differs_a_little_and_that_of_who_remembers_nothing_is_another() -> None:
    def steps(temperament: Temperament, again: int | None) -> Any:
        generator = None if again is None else np.random.default_rng(again)
        batches = play_photo(dark_photo(), temperament, np.random.default_rng(3), again=generator)
        return trajectory(replay(event for batch in batches for event in batch))

    first, second = steps(CAREFUL, None), steps(CAREFUL, 1)
    assert first != second
    assert [step.filter for step in first] == [step.filter for step in second]
    for step, other in zip(first, second, strict=True):
        assert dict(step.parameters) == pytest.approx(dict(other.parameters), abs=0.7)
    assert HABITS["erratic"].wobble is None


def test_who_is_told_does_as_told_and_nothing_else() -> None:
    vivid, bright = StepRule("saturation", "amount", 0.4, 0.6), StepRule("exposure", "ev", 1, 2)
    (step,) = trajectory(replay(played(CAREFUL, rule=AttentionRule((vivid, bright)))))
    assert (step.filter, step.parameters["amount"]) == ("saturation", 0.5)
    both = AttentionRule((vivid, bright), needs_all=True)
    steps = trajectory(replay(played(CAREFUL, rule=both)))
    assert {step.filter for step in steps} == {"saturation", "exposure"}
    assert both.is_kept(steps)


def test_the_same_seed_plays_the_same_and_another_differently() -> None:
    def steps(seed: int) -> Any:
        batches = play_photo(dark_photo(), TEMPERAMENTS[1], np.random.default_rng(seed))
        return trajectory(replay(event for batch in batches for event in batch))

    assert steps(1) == steps(1) != steps(2)


def robot_name(cookie: str) -> str:
    """The pseudonym of whose session a header of cookies tells."""
    return f"robot-{cookie.rpartition('sessionid=')[2].partition(';')[0]}"


class Site:
    """A site in a few lines: it keeps the rules, and counts."""

    def __init__(self, photos: int, backwards: bool = False) -> None:
        self.photos = photos
        self.keys: set[str] = set()
        self.entries: list[str] = []
        self.done: dict[str, int] = {}
        self.events: dict[str, list[Event]] = {}
        self.photo_of: dict[str, str] = {}
        self.player_of: dict[str, str] = {}
        self.backwards = backwards

    @property
    def robots(self) -> int:
        return len(self.keys)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        path = request.url.path
        request.read()
        robot = request.headers.get("cookie", "")
        if path.endswith("/mine.json"):
            own = [episode for episode in self.events if self.player_of[episode] == robot]
            events = {episode: [event.to_json() for event in self.events[episode]] for episode in own}
            data = {"pseudonym": robot_name(robot), "completed": None, "recruiter": None, "answers": []}
            data["consents"] = [{"version": 3, "text": "Robots agree."}]
            data["episodes"] = [{"id": episode, "events": own} for episode, own in events.items()]
            return httpx.Response(200, json=data)
        if path.startswith("/play/"):
            self.entries.append(str(request.url.query, "ascii"))
        if path.startswith("/play/") or path == "/api/studies/default/":
            text = {"consent": {"version": 3, "text": "Robots agree."}}
            return httpx.Response(200, json=text, headers={"set-cookie": "csrftoken=token; Path=/"})
        if path.endswith("/join/"):
            assert request.headers["x-csrftoken"] == "token"
            body = json.loads(request.content)
            self.keys.add(body.pop("key"))
            assert body == {"kind": "robot", "consent": 3}
            cookie = {"set-cookie": f"sessionid={self.robots}; Path=/"}
            return httpx.Response(200, json={"participant": f"robot-{self.robots}"}, headers=cookie)
        if path.endswith("/next/"):
            done = self.done.get(robot, 0)
            place = self.photos - done if self.backwards else done + 1
            photo = {"id": f"{place:064x}", "preview_url": "/api/photos/a/preview/1/"} if done < self.photos else None
            return httpx.Response(200, json={"photo": photo})
        if path.endswith("/preview/1/"):
            return httpx.Response(200, content=pack_preview(dark_photo().astype(np.float16)))
        return self.events_endpoint(request, robot)

    def events_endpoint(self, request: httpx.Request, robot: str) -> httpx.Response:
        batch = [Event.from_json(one) for one in json.loads(request.content)["events"]]
        episode = request.url.path.split("/")[3]
        self.player_of[episode] = robot
        self.photo_of[episode] = json.loads(request.content)["photo"]
        stored = self.events.get(episode, [])
        self.events[episode] = [*stored, *(event for event in batch if event.id not in {each.id for each in stored})]
        state = replay(self.events[episode])
        self.done[robot] = self.done.get(robot, 0) + (state.status == "submitted")
        return httpx.Response(200, json={"episode": episode, "next_seq": state.next_seq})


def test_robots_play_as_many_episodes_as_asked_and_no_more() -> None:
    site, heard = Site(photos=3), []
    played = play_site(
        "http://site.test", episodes=7, workers=1, on_played=heard.append, transport=httpx.MockTransport(site)
    )
    assert len(played) == len(heard) == len(site.events) == 7
    # Three photos each: the third robot plays the seventh episode.
    assert site.robots == 3
    assert sum(one.events for one in played) == sum(map(len, site.events.values()))


def test_a_robot_of_a_seed_plays_a_photo_the_same_whatever_came_before_it() -> None:
    def trajectories(seed: int, backwards: bool) -> dict[str, Any]:
        site = Site(photos=4, backwards=backwards)
        play_site("http://site.test", episodes=4, seed=seed, workers=1, transport=httpx.MockTransport(site))
        return {site.photo_of[episode]: trajectory(replay(events)) for episode, events in site.events.items()}

    assert trajectories(5, backwards=False) == trajectories(5, backwards=True)
    assert trajectories(5, backwards=False) != trajectories(6, backwards=False)


def test_two_robots_at_a_time_share_the_episodes() -> None:
    site = Site(photos=2)
    assert len(play_site("http://site.test", episodes=9, workers=3, transport=httpx.MockTransport(site))) == 9


def test_a_study_without_photos_is_named() -> None:
    with pytest.raises(RobotError, match="has no photo to play"):
        play_site("http://site.test", episodes=1, workers=1, transport=httpx.MockTransport(Site(photos=0)))


def test_an_error_stops_the_other_robots_too() -> None:
    site = Site(photos=3)

    def fails_at_the_fifth_game(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/next/") and len(site.events) >= 5:
            return httpx.Response(500)
        return site(request)

    with pytest.raises(RobotError, match=r"/next/ was refused \(500\)"):
        play_site(
            "http://site.test", episodes=10_000, workers=3, transport=httpx.MockTransport(fails_at_the_fifth_game)
        )


def test_ctrl_c_stops_after_the_games_at_hand() -> None:
    site = Site(photos=3)

    def interrupt(_: Played) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        play_site(
            "http://site.test", episodes=10_000, workers=2, on_played=interrupt, transport=httpx.MockTransport(site)
        )
    assert len(site.events) < 20


def test_a_refusal_is_told_in_the_words_of_the_site() -> None:
    def closed(_: httpx.Request) -> httpx.Response:
        return httpx.Response(403, json={"error": {"code": "study_closed", "message": "The study is closed."}})

    with pytest.raises(RobotError, match=r"refused \(403\): The study is closed."):
        play_site("http://site.test", episodes=1, workers=1, transport=httpx.MockTransport(closed))


def test_a_site_that_is_not_there_is_named() -> None:
    with pytest.raises(RobotError, match=r"http://127\.0\.0\.1:9 cannot be reached"):
        play_site("http://127.0.0.1:9", episodes=1, workers=1)


class Flaky:
    """A network on the way to a site that breaks off every third request, before or after the site has heard it."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.requests = 0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests += 1
        if self.requests == 1 or self.requests % 3:
            return self.site(request)
        if self.requests % 2:
            return httpx.Response(503, json={"error": {"code": "database_away", "message": "Try again soon."}})
        if "/join/" not in request.url.path:
            self.site(request)
        raise httpx.ReadError("Connection reset by peer")


def test_robots_go_on_after_a_lost_connection() -> None:
    network = Flaky(Site(photos=3))
    manner = Manner(pauses=(0.0,) * 3)
    played = play_site("http://site", episodes=3, workers=1, manner=manner, transport=httpx.MockTransport(network))
    assert len(played) == 3
    assert network.requests > 10


def test_a_site_that_stays_away_is_given_up() -> None:
    site, requests = Site(photos=1), 0

    def gone(request: httpx.Request) -> httpx.Response:
        nonlocal requests
        requests += 1
        if requests > 4:
            raise httpx.ConnectError("Connection refused")
        return site(request)

    with pytest.raises(RobotError, match="cannot be reached: Connection refused"):
        play_site(
            "http://site", episodes=1, workers=1, manner=Manner(pauses=(0.0,) * 2), transport=httpx.MockTransport(gone)
        )
    assert requests == 4 + 3


def test_robots_on_a_bad_network_hand_in_everything_once() -> None:
    site = Site(photos=3)
    manner = Manner(faults=0.4, pauses=(0.0,) * 40)
    played = play_site("http://site", episodes=9, workers=1, manner=manner, transport=httpx.MockTransport(site))
    assert len(played) == 9
    assert all(replay(events).status == "submitted" for events in site.events.values())
    assert site.robots == 3


@pytest.mark.parametrize("fault", FAULTS)
def test_each_fault_of_the_network_is_what_it_says(fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("learning.robots.network.FAULTS", (fault,))
    heard: list[str] = []

    def site(request: httpx.Request) -> httpx.Response:
        heard.append(request.read().decode())
        return httpx.Response(200, text="heard")

    network = BadNetwork(httpx.MockTransport(site), 0.0, seed=0)
    client = httpx.Client(transport=network)

    def send(share: float, content: str) -> str:
        network._share = share
        try:
            return client.post("http://site", content=content).text
        except httpx.TransportError:
            return "no answer"

    answers = [send(0.99, "first"), send(0.0, "second")]
    expected: dict[str, tuple[list[str], list[str]]] = {
        "lost": (["no answer", "heard"], ["second"]),
        "cut": (["no answer", "heard"], ["second"]),
        "unanswered": (["no answer", "heard"], ["first", "second"]),
        "doubled": (["heard", "heard"], ["first", "first", "second"]),
        "late": (["no answer", "heard"], ["second", "first"]),
    }
    assert (answers, heard) == expected[fault]


def test_robots_come_with_the_parameters_of_a_recruiter() -> None:
    site = Site(photos=1)
    manner = Manner(entry={"PROLIFIC_PID": "a b"})
    play_site("http://site", episodes=1, workers=1, manner=manner, transport=httpx.MockTransport(site))
    assert site.entries == ["PROLIFIC_PID=a+b"]


def test_robots_think_as_long_as_their_pace_says(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr("learning.robots.visitor.time.sleep", slept.append)
    site = Site(photos=1)
    played = play_site(
        "http://site", episodes=1, workers=1, manner=Manner(pace=0.5), transport=httpx.MockTransport(site)
    )
    events = site.events[played[0].episode]
    assert sum(slept) <= 0.5 * events[-1].ms / 1000
    assert len(slept) > 2


SENT = [event for batch in play_photo(dark_photo(), TEMPERAMENTS[1], np.random.default_rng(3)) for event in batch]


@pytest.mark.parametrize(
    ("stored", "faults"),
    [
        (SENT, Faults()),
        (SENT[:-2], Faults(lost=(len(SENT) - 2,))),
        ([*SENT[:3], *SENT[4:]], Faults(lost=(3,))),
        ([*SENT, SENT[2]], Faults(doubled=(2,))),
        ([*SENT[:2], replace(SENT[2], ms=SENT[2].ms + 1), *SENT[3:]], Faults(changed=(2,))),
        ([*SENT, replace(SENT[0], seq=len(SENT))], Faults(unsent=(len(SENT),))),
    ],
    ids=["all is well", "the last acknowledged", "a loss", "a double", "a change", "what nobody sent"],
)
def test_a_planted_loss_and_a_planted_double_are_found(stored: list[Event], faults: Faults) -> None:
    # The very last event was sent, and no reply came.
    found = compare(SENT, len(SENT) - 1, reversed(stored))
    assert (found, len(found)) == (faults, len(faults))


def test_robots_name_what_a_site_has_lost() -> None:
    site = Site(photos=1)

    def forgets(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/mine.json"):
            for events in site.events.values():
                events[:] = [event for event in events if event.seq != 1]
        return site(request)

    with pytest.raises(RobotError, match=r"does not have episode .* as it was sent: lost: 1$"):
        play_site(
            "http://site", episodes=1, workers=1, transport=httpx.MockTransport(lambda r: (forgets(r), site(r))[1])
        )
