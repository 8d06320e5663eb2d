"""What clients were told, held against what is there: none lost, none doubled, and complete is who has done all."""

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from bench.faults.journal import Told
from editing.game.events import Event, IllegalEvent
from editing.game.rules import replay, trajectory
from editing.trajectories.receipts import digest
from learning.robots.history import History

_RECEIPT = re.compile(
    r"^(?P<player>\S+): (?P<complete>complete|not complete), (?P<episodes>\d+) episodes, (?P<events>\d+) events"
    r"(?:, \d+ judgements, (?P<answers>\d+) answers)?, (?P<digest>\w{16})"
)


_QUESTIONNAIRES = (
    "SELECT task->>'name' FROM studies_study, jsonb_array_elements(tasks) task "
    "WHERE id = STUDY AND task->>'kind' = 'questionnaire'"
)


# And what an event calls them.
_EVENT_COLUMNS = {
    "id::text": "id",
    "episode_id::text": "episode",
    "parameters::text": "parameters",
    "gesture::text": "gesture",
    **{name: name for name in ("seq", "kind", "step", "filter", "ms", "contract_version")},
}


class Cursor(Protocol):
    """A cursor of the database, Django's or psycopg's."""

    def execute(self, query: Any, parameters: Any = ..., /) -> Any:
        """Run a query."""
        ...

    def fetchall(self) -> list[Any]:
        """Return its rows."""
        ...


@dataclass
class StoredParticipation:
    """A participation; ``due``: how many photos its player was given."""

    is_complete: bool
    due: int


@dataclass
class StoredEpisode:
    """An episode of a player, by pseudonym: empty where there is no such participation any more."""

    player: str
    is_submitted: bool
    is_tutorial: bool
    steps: int
    events: list[Event] = field(default_factory=list)


@dataclass
class Stored:
    """What is there of a study.

    Attributes:
        answers: by player and questionnaire; more than one only where something is wrong.
        withdrawals: how many of who was complete, and of who was not.
        receipts: what ``manage.py receipts`` says; empty where it was not asked.
    """

    participations: dict[str, StoredParticipation]
    episodes: dict[str, StoredEpisode]
    answers: dict[tuple[str, str], list[Mapping[str, Any]]]
    questionnaires: set[str]
    withdrawals: Counter[bool]
    receipts: str = ""


@dataclass(frozen=True)
class Difference:
    """Something that is not as a client was told; ``kind`` in two or three words."""

    kind: str
    what: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.what}"


def read_stored(cursor: Cursor, study: str = "default") -> Stored:
    """Read all that there is of a study."""

    cursor.execute("SELECT id FROM studies_study WHERE slug = %s", [study])
    ((key,),) = cursor.fetchall()

    def rows(query: str) -> list[Any]:
        cursor.execute(query.replace("STUDY", str(key)))
        return cursor.fetchall()

    participations = rows(
        "SELECT pseudonym, completed IS NOT NULL, (SELECT count(*) FROM studies_lease WHERE participation_id = own.id) "
        "FROM studies_participation own WHERE study_id = STUDY"
    )
    episodes = rows(
        "SELECT e.id::text, coalesce(p.pseudonym, ''), e.status = 'submitted', e.tutorial, "
        "(SELECT count(*) FROM games_step WHERE episode_id = e.id) FROM games_episode e LEFT JOIN "
        "studies_participation p USING (study_id, participant_id) WHERE e.study_id = STUDY AND checkpoint_hash = ''"
    )
    stored = Stored(
        {player: StoredParticipation(complete, due) for player, complete, due in participations},
        {key: StoredEpisode(*values) for key, *values in episodes},
        defaultdict(list),
        {name for (name,) in rows(_QUESTIONNAIRES)},
        Counter(dict(rows("SELECT completed, count(*) FROM studies_withdrawal WHERE study_id = STUDY GROUP BY 1"))),
    )
    for row in rows(f"SELECT {', '.join(_EVENT_COLUMNS)} FROM games_event"):  # noqa: S608
        event = _event(row)
        if event.episode in stored.episodes:
            stored.episodes[event.episode].events.append(event)
    for player, name, values in rows(
        "SELECT p.pseudonym, a.questionnaire, a.values::text FROM questionnaires_answers a "
        "JOIN studies_participation p ON p.id = a.participation_id WHERE p.study_id = STUDY"
    ):
        stored.answers[player, name].append(json.loads(values))
    return stored


def _event(row: Sequence[Any]) -> Event:
    values = dict(zip(_EVENT_COLUMNS.values(), row, strict=True))
    texts = {name: json.loads(values[name]) for name in ("parameters", "gesture") if values[name] is not None}
    return Event.from_json(values | texts)


def differences(visits: Iterable[Told], stored: Stored) -> list[Difference]:
    """Return whatever is not as the visitors were told."""
    visits = list(visits)
    stayed = [told for told in visits if not _is_gone(told, stored)]
    return [
        *_participation_differences(visits, stored),
        *_withdrawal_differences(visits, stored),
        *(each for told in stayed for each in _episode_differences(told, stored)),
        *(each for told in stayed for each in _answer_differences(told, stored)),
        *(each for told in stayed if told.player for each in _completion_differences(told, stored)),
        *(_receipt_differences(stayed, stored) if stored.receipts else ()),
    ]


def _is_gone(told: Told, stored: Stored) -> bool:
    """Tell whether nothing may be there of somebody. Who has asked to withdraw and had no answer is here or gone."""
    is_asked = told.withdrawal == "asked" and told.player not in stored.participations
    return told.withdrawal == "acknowledged" or is_asked


def _participation_differences(visits: Sequence[Told], stored: Stored) -> Iterator[Difference]:
    told = Counter(visit.player for visit in visits if visit.player)
    for player, count in told.items():
        if count > 1:
            yield Difference("doubled pseudonym", f"{count} visitors were told that they are {player}")
    unknown = set(stored.participations) - set(told)
    unanswered = sum(not visit.player for visit in visits)
    if len(unknown) > unanswered:
        yield Difference("doubled participation", f"{len(unknown)} that nobody knows; {unanswered} joins had no answer")
    for visit in visits:
        if visit.player and not visit.withdrawal and visit.player not in stored.participations:
            yield Difference("lost participation", visit.player)
    known = {episode for visit in visits for episode in visit.episodes}
    for key in set(stored.episodes) - known:
        yield Difference("unsent episode", f"{key} of {stored.episodes[key].player or 'nobody'}")


def _withdrawal_differences(visits: Sequence[Told], stored: Stored) -> Iterator[Difference]:
    for visit in visits:
        left = [key for key in visit.episodes if key in stored.episodes] if _is_gone(visit, stored) else []
        if left or (visit.withdrawal == "acknowledged" and visit.player in stored.participations):
            yield Difference("withdrawn and there", f"{visit.player}, with {len(left)} episodes")
    told = Counter(visit.is_done for visit in visits if visit.withdrawal == "acknowledged")
    unanswered = sum(visit.withdrawal == "asked" for visit in visits)
    for is_complete in (True, False):
        if not told[is_complete] <= stored.withdrawals[is_complete] <= told[is_complete] + unanswered:
            word = "complete" if is_complete else "incomplete"
            counts = f"{told[is_complete]} were told, {stored.withdrawals[is_complete]} are there"
            yield Difference("lost or doubled withdrawal", f"of {word} ones {counts}")


def _episode_differences(told: Told, stored: Stored) -> Iterator[Difference]:
    for key, history in told.episodes.items():
        episode = stored.episodes.get(key)
        faults = history.compare(episode.events if episode else ())
        for kind, numbers in vars(faults).items():
            for number in numbers:
                yield Difference(f"{kind} event", f"{number} of episode {key} of {told.player}")
        if episode is None or faults:
            continue
        if episode.player != told.player and told.player:
            yield Difference("another's episode", f"{key} of {told.player} is of {episode.player or 'nobody'}")
        if episode.is_submitted != (bool(episode.events) and _last(episode).kind == "submit"):
            yield Difference("false hand-in", f"episode {key} of {told.player}")
        elif episode.is_submitted and episode.steps != _steps(episode.events):
            yield Difference("wrong steps", f"{episode.steps} of episode {key} of {told.player}")


def _last(episode: StoredEpisode) -> Event:
    return max(episode.events, key=lambda event: event.seq)


def _steps(events: Iterable[Event]) -> int | None:
    """Return how many steps follow from events; None where they are no play."""
    try:
        return len(trajectory(replay(sorted(events, key=lambda event: event.seq), allow_untouched=True)))
    except IllegalEvent:
        return None


def _answer_differences(told: Told, stored: Stored) -> Iterator[Difference]:
    for name, values in told.sent_answers.items():
        there = stored.answers.get((told.player, name), [])
        if not there and name in told.answers:
            yield Difference("lost answers", f"to {name} by {told.player}")
        if len(there) > 1:
            yield Difference("doubled answers", f"to {name} by {told.player}")
        if there and there[0] != values:
            yield Difference("changed answers", f"to {name} by {told.player}")


def _completion_differences(told: Told, stored: Stored) -> Iterator[Difference]:
    participation = stored.participations.get(told.player)
    if participation is None:
        return
    played = [history for history in told.episodes.values() if not _is_tutorial(history, stored)]
    sent = sum(_is_handed_in(history, len(history.sent)) for history in played)
    acknowledged = sum(_is_handed_in(history, history.acknowledged) for history in played)
    may_be = sent >= participation.due and set(told.sent_answers) >= stored.questionnaires
    must_be = acknowledged >= participation.due and set(told.answers) >= stored.questionnaires
    if participation.is_complete and not may_be:
        what = f"{told.player} has sent {sent} of {participation.due}, and {len(told.sent_answers)} questionnaires"
        yield Difference("false completion", what)
    if not participation.is_complete and (must_be or told.is_done or told.code):
        yield Difference("forgotten completion", told.player)


def _is_handed_in(history: History, count: int) -> bool:
    return any(event.kind == "submit" for event in history.sent[:count])


def _is_tutorial(history: History, stored: Stored) -> bool:
    return history.episode in stored.episodes and stored.episodes[history.episode].is_tutorial


def _receipt_differences(stayed: Iterable[Told], stored: Stored) -> Iterator[Difference]:
    receipts: dict[str, re.Match[str]] = {}
    player = ""
    for line in stored.receipts.splitlines():
        if match := _RECEIPT.match(line):
            player = match["player"]
            if player in receipts:
                yield Difference("doubled receipt", player)
            receipts[player] = match
        elif line.startswith("  "):
            yield Difference("false receipt", f"{player}: {line.strip()}")
    for told in stayed:
        if not told.player or _is_in_doubt(told):
            continue
        receipt = receipts.get(told.player)
        if receipt is None:
            yield Difference("lost receipt", told.player)
        elif (there := receipt.groupdict(default="0")) != (due := _receipt(told, stored)):
            yield Difference("false receipt", f"{there}, and {due} is due")


def _is_in_doubt(told: Told) -> bool:
    """Tell whether something was sent and not answered."""
    is_open = any(history.acknowledged < len(history.sent) for history in told.episodes.values())
    return is_open or set(told.sent_answers) != set(told.answers)


def _receipt(told: Told, stored: Stored) -> dict[str, str]:
    """Return what the line of somebody's receipt must say."""
    played = [history for history in told.episodes.values() if not _is_tutorial(history, stored)]
    handed_in = [history for history in played if _is_handed_in(history, history.acknowledged)]
    events = [event.to_json() for history in handed_in for event in history.sent]
    return {
        "player": told.player,
        "complete": "complete" if told.is_done else "not complete",
        "episodes": str(len(handed_in)),
        "events": str(len(events)),
        "answers": str(sum(len(values) for values in told.sent_answers.values())),
        "digest": digest(events)[:16],
    }
