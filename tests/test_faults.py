"""`make faults`: its checker finds every kind of fault that is planted, its proxy does what it says, its runs go on."""

import socket
from collections import Counter
from collections.abc import Callable, Iterator
from copy import deepcopy
from pathlib import Path
from threading import Thread

import httpx
import numpy as np
import pytest

from bench.faults.checker import Stored, StoredEpisode, StoredParticipation, differences
from bench.faults.journal import Journal, Recorded, Told, read
from bench.faults.proxy import TROUBLES, CuttingProxy, Trouble, Troubled
from bench.services import Unit
from editing.game.rules import replay, trajectory
from editing.trajectories.receipts import digest
from learning.robots.history import History
from learning.robots.play import play_photo
from learning.robots.temperaments import CAREFUL

ASKED = {"before", "after"}


def visit(seed: int) -> Told:
    """A visitor who has done all: two photos and two questionnaires."""
    told = Told(player=f"player-{seed}", is_done=True, code="DONE")
    for photo in (1, 2):
        light = np.random.default_rng(photo).random((12, 16, 3), dtype=np.float32) * 0.1
        batches = list(play_photo(light, CAREFUL, np.random.default_rng((seed, photo))))
        events = [event for batch in batches for event in batch]
        told.episodes[events[0].episode] = History(events[0].episode, sent=events, acknowledged=len(events))
    told.sent_answers = {name: {"often": seed} for name in ASKED}
    told.answers = set(ASKED)
    return told


def as_told(visits: list[Told]) -> Stored:
    """What a site without faults has of them."""
    stored = Stored({}, {}, {}, set(ASKED), Counter())
    for told in visits:
        if told.withdrawal:
            stored.withdrawals[told.is_done] += 1
            continue
        stored.participations[told.player] = StoredParticipation(is_complete=told.is_done, due=2)
        for key, history in told.episodes.items():
            events = history.sent[: history.acknowledged]
            done = events[-1].kind == "submit"
            steps = len(trajectory(replay(events))) if done else 0
            stored.episodes[key] = StoredEpisode(told.player, done, False, steps, events)
        stored.answers |= {(told.player, name): [values] for name, values in told.sent_answers.items()}
        every = [event.to_json() for history in told.episodes.values() for event in history.sent]
        counts = f"{len(told.episodes)} episodes, {len(every)} events, 0 judgements, {len(told.answers)} answers"
        stored.receipts += f"{told.player}: complete, {counts}, {digest(every)[:16]}\n"
    return deepcopy(stored)


@pytest.fixture
def visits() -> list[Told]:
    gone = visit(2)
    gone.withdrawal = "acknowledged"
    return [visit(0), visit(1), gone]


def found(visits: list[Told], stored: Stored) -> set[str]:
    return {difference.kind for difference in differences(visits, stored)}


def episode(stored: Stored) -> StoredEpisode:
    return next(iter(stored.episodes.values()))


def events(stored: Stored) -> list:
    return episode(stored).events


def no_events_of_an_episode(stored: Stored) -> None:
    del stored.episodes[next(iter(stored.episodes))]


def leave_behind(stored: Stored) -> None:
    withdrawn = visit(2)
    stored.participations[withdrawn.player] = StoredParticipation(is_complete=True, due=2)


PLANTED: dict[str, tuple[Callable[[Stored], object], set[str]]] = {
    "an event is lost": (lambda stored: events(stored).pop(3), {"lost event"}),
    "an event is doubled": (lambda stored: events(stored).append(events(stored)[3]), {"doubled event"}),
    "an event is another": (lambda stored: vars(events(stored)[3]).update(ms=0), {"changed event"}),
    "an episode is lost": (no_events_of_an_episode, {"lost event"}),
    "an episode nobody sent": (
        lambda stored: stored.episodes.update(new=StoredEpisode("player-0", False, False, 0)),
        {"unsent episode"},
    ),
    "an episode of somebody else": (lambda stored: vars(episode(stored)).update(player="x"), {"another's episode"}),
    "not handed in": (lambda stored: vars(episode(stored)).update(is_submitted=False), {"false hand-in"}),
    "a step too many": (lambda stored: vars(episode(stored)).update(steps=9), {"wrong steps"}),
    "answers are lost": (lambda stored: stored.answers["player-0", "before"].clear(), {"lost answers"}),
    "answers are doubled": (lambda stored: stored.answers["player-0", "before"].append({}), {"doubled answers"}),
    "answers are others": (lambda stored: stored.answers["player-0", "before"][0].clear(), {"changed answers"}),
    "a participation is lost": (lambda stored: stored.participations.pop("player-0"), {"lost participation"}),
    "somebody joined twice": (
        lambda stored: stored.participations.update(x=StoredParticipation(False, 2)),
        {"doubled participation"},
    ),
    "a completion is forgotten": (
        lambda stored: vars(stored.participations["player-0"]).update(is_complete=False),
        {"forgotten completion"},
    ),
    "a completion is false": (
        lambda stored: vars(stored.participations["player-0"]).update(due=3),
        {"false completion"},
    ),
    "who withdrew is there": (leave_behind, {"withdrawn and there"}),
    "a withdrawal is lost": (lambda stored: stored.withdrawals.clear(), {"lost or doubled withdrawal"}),
    "a receipt is lost": (
        lambda stored: vars(stored).update(receipts=stored.receipts.splitlines()[0] + "\n"),
        {"lost receipt"},
    ),
    "a receipt is doubled": (lambda stored: vars(stored).update(receipts=stored.receipts * 2), {"doubled receipt"}),
    "a receipt is false": (
        lambda stored: vars(stored).update(receipts=stored.receipts.replace("2 episodes", "1 episodes")),
        {"false receipt"},
    ),
    "a receipt complains": (
        lambda stored: vars(stored).update(receipts=stored.receipts + "  a lease was handed in\n"),
        {"false receipt"},
    ),
}


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_fault_is_found_and_nothing_else(name: str, visits: list[Told]) -> None:
    stored = as_told(visits)
    assert differences(visits, stored) == []
    plant, kinds = PLANTED[name]
    plant(stored)
    assert found(visits, stored) == kinds


def test_who_was_not_answered_may_be_there_or_not(visits: list[Told]) -> None:
    left = visits[0]
    left.is_done, left.code = False, ""
    last = list(left.episodes.values())[-1]
    last.acknowledged -= 1
    assert found(visits, as_told(visits)) == set()
    everything = as_told(visits)
    everything.episodes[last.episode].events = last.sent
    everything.episodes[last.episode].is_submitted = True
    everything.episodes[last.episode].steps = len(trajectory(replay(last.sent)))
    everything.participations[left.player].is_complete = True
    assert found(visits, everything) == set()
    visits[0].withdrawal = "asked"
    assert found(visits, everything) == set()
    gone = as_told(visits)
    assert found(visits, gone) == set()


def test_a_journal_says_what_was_sent_and_told_also_where_its_end_is_cut(tmp_path: Path) -> None:
    told = visit(0)
    history = next(iter(told.episodes.values()))
    sent = [event.to_json() for event in history.sent]
    path = tmp_path / "journal.jsonl"

    def site(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/join/"):
            return httpx.Response(200, json={"participant": "ann"})
        if request.url.path.endswith("/next/"):
            return httpx.Response(200, json={"end": "/play/default/end/"})
        if b'"seq":0' in request.read():
            return httpx.Response(200, json={"next_seq": 2})
        raise httpx.ReadError("no answer came")

    journal = Journal(path)
    with httpx.Client(transport=Recorded(httpx.MockTransport(site), journal, "x"), base_url="http://site") as client:
        client.post("/api/studies/default/join/", json={})
        client.post(f"/api/episodes/{history.episode}/events/", json={"events": sent[:2]})
        for _ in range(2):
            with pytest.raises(httpx.ReadError):
                client.post(f"/api/episodes/{history.episode}/events/", json={"events": sent[2:4]})
        client.get("/api/studies/default/next/")
    assert journal.batches == 1
    journal.close()
    with path.open("a") as file:
        file.write('{"visitor": "x", "told": {"pl')
    (known,) = read(path).values()
    assert (known.player, known.is_done) == ("ann", True)
    assert known.episodes[history.episode] == History(history.episode, sent=history.sent[:4], acknowledged=2)


@pytest.fixture
def heard() -> Iterator[tuple[int, list[bytes]]]:
    """A site that answers with what it hears, and all that it heard, by connection."""
    requests: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                with connection:
                    content = b""
                    while not content.endswith(b"play") and (part := connection.recv(65536)):
                        content += part
                    requests.append(content)
                    if content.endswith(b"play"):
                        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\nsaid")

        thread = Thread(target=serve)
        thread.start()
        try:
            yield server.getsockname()[1], requests
        finally:
            server.shutdown(socket.SHUT_RDWR)
            thread.join()


@pytest.mark.parametrize("trouble", TROUBLES)
def test_the_proxy_does_to_a_request_what_it_says(trouble: Trouble, heard: tuple[int, list[bytes]]) -> None:
    port, requests = heard
    proxy = CuttingProxy(port)
    transport = httpx.HTTPTransport(local_address="127.0.0.9")
    try:
        proxy.trouble([Troubled(trouble, 0.01)])
        with httpx.Client(base_url=f"http://127.0.0.1:{proxy.port}", transport=transport) as client:
            if trouble.startswith("cut"):
                with pytest.raises(httpx.TransportError):
                    client.post("/", content=b"play")
            else:
                assert client.post("/", content=b"play").text == "said"
            assert proxy.is_quiet()
            assert client.post("/", content=b"play").text == "said"
    finally:
        proxy.close()
    whole = {"cut before": 1, "cut within": 1, "twice": 3}.get(trouble, 2)
    assert sum(request.endswith(b"play") for request in requests) == whole
    assert len(requests) == whole + (trouble == "cut within")


def test_units_are_run_as_deploy_has_them() -> None:
    web = Unit.read("safelight")
    assert web.command[1:4] == ["-m", "gunicorn", "--config"]
    assert [command[2] for command in web.before] == ["prepare"]
    assert (web.pause, Unit.read("safelight-worker").pause) == (2, 5)
