"""The one row schema for people's play and for agents', as pyarrow schemas that describe themselves.

Every column is stated here, with what it means: the site's export, an agent's play and each reader follow it, and
``docs/schema.md`` is generated from it.
"""

from typing import Any

import pyarrow as pa

from editing.game.events import EVENT_KINDS, MAXIMUM_MS
from editing.game.filters import FILTERS
from editing.game.rules import MAXIMUM_STEPS
from editing.trajectories.columns import (
    GESTURE_COLUMNS,
    column,
    gesture_columns,
    parameter_columns,
    probability_columns,
    table_schema,
    view_columns,
)

PLAYER_KINDS = ("human", "robot", "agent", "baseline", "expert")
STATUSES = ("open", "submitted", "abandoned", "excluded")
FLAGS = ("tutorial", "preview", "repeat", "attention", "resumed", "saw_reveal")
JUDGEMENT_KINDS = ("rating", "pair", "favourite", "turing", "turing_pair")
WINDOWS = ("small", "medium", "large")

_TIME = pa.timestamp("us", tz="UTC")
_FLAG_TEXTS = {
    "tutorial": "Played on the practice photo, to learn the game.",
    "preview": "Played by a researcher who tried the study.",
    "repeat": "The second time that this player was shown the photo.",
    "attention": "An attention check, played to an instruction.",
    "resumed": "The page was loaded again in the middle of it.",
    "saw_reveal": "The player had seen pictures by others before, in any study.",
}


def _player() -> list[Any]:
    return [
        column("player", pa.string(), "Who: a pseudonym, or agent:<name>."),
        column("player_kind", pa.string(), "What they are.", values=PLAYER_KINDS),
    ]


_EPISODE = column("episode", pa.string(), "The episode, by its id.")
_STUDY = column("study", pa.string(), "The study, by the name in its address.")
_PHOTO = column("photo", pa.string(), "The photo: the SHA-256 of its source file.")
_CONTRACT = column("contract_version", pa.int32(), "The version of the filters that it was played with.", low=1)

EPISODES = table_schema(
    "One row for each episode: one player's treatment of one photo.",
    [
        column("id", pa.string(), "The episode's id, a UUID."),
        *_player(),
        _PHOTO,
        _STUDY,
        column("status", pa.string(), "How far it went.", values=STATUSES),
        column("exclusion_reason", pa.string(), "Why it was excluded.", null="it was not excluded"),
        _CONTRACT,
        column(
            "step_count",
            pa.int32(),
            "How many steps its trajectory has; 0 until it is submitted.",
            low=0,
            high=MAXIMUM_STEPS,
        ),
        column(
            "started",
            _TIME,
            "When it was begun, by the server's clock. In a numbered version it is relative to the opening of the "
            "study, as if that had been the beginning of 1970. Agents' games of before November 2026 bear the time at "
            "which their training began.",
        ),
        column("duration_ms", pa.int64(), "From its first to its last event, by the client's clock.", unit="ms", low=0),
        *(column(flag, pa.bool_(), _FLAG_TEXTS[flag]) for flag in FLAGS),
        column("surplus", pa.bool_(), "Handed in when the photo had all that were wanted: kept, not counted."),
        column("condition", pa.string(), "The study's condition that it was played under; empty where it has none."),
        column("seed", pa.int64(), "Agents: the seed of its choices.", null="not an agent's"),
        column("sample", pa.int32(), "Agents: which of several treatments.", low=0, null="not an agent's"),
        column("checkpoint_hash", pa.string(), "Agents: the SHA-256 of the weights.", null="not an agent's"),
    ],
)

STEPS = table_schema(
    "One row for each step of a finished trajectory, derived from the events.",
    [
        _EPISODE,
        column("index", pa.int32(), "The step's place, from 0.", low=0, high=MAXIMUM_STEPS - 1),
        column("filter", pa.string(), "The filter.", values=tuple(FILTERS)),
        column("ms_spent", pa.int64(), "How long the step was at work.", unit="ms", low=0),
        *parameter_columns(""),
        *probability_columns(),
    ],
)

EVENTS = table_schema(
    "One row for each action of a player, as it came.",
    [
        column("id", pa.string(), "The event's id, a UUID."),
        _EPISODE,
        column("seq", pa.int32(), "Its number in the episode, from 0 without a gap.", low=0),
        column("kind", pa.string(), "What was done.", values=EVENT_KINDS),
        column("step", pa.int32(), "The step that it is about, from 0.", low=0, null="about no step"),
        column("filter", pa.string(), "The filter that it is about.", values=tuple(FILTERS), null="about no filter"),
        column("ms", pa.int64(), "Since the episode began, by the client's clock.", unit="ms", low=0, high=MAXIMUM_MS),
        _CONTRACT,
        *parameter_columns(", or sets no value"),
        *gesture_columns(),
        *view_columns(),
    ],
)

PHOTOS = table_schema(
    "One row for each photo.",
    [
        column("sha256", pa.string(), "The SHA-256 of the source file, by which the photo is known."),
        column("preview_sha256", pa.string(), "The SHA-256 of its preview, the file previews/<preview_sha256>.npy."),
        column("name", pa.string(), "The name of its file."),
        column("width", pa.int32(), "Of the source, upright.", unit="pixels", low=1),
        column("height", pa.int32(), "Of the source, upright.", unit="pixels", low=1),
        column("preview_width", pa.int32(), "Of the preview.", unit="pixels", low=1),
        column("preview_height", pa.int32(), "Of the preview.", unit="pixels", low=1),
        column("working_space", pa.string(), "The colour space of the preview's numbers."),
        column("decoding", pa.string(), "How the file was decoded, as JSON."),
        column("licence", pa.string(), "Its licence; empty where none is stated."),
        column("attribution", pa.string(), "Whom to name; empty where nobody is stated."),
    ],
)

_CONDITION = column("condition", pa.string(), "The study's condition; empty where it has none.")
_PREVIEW = column("preview", pa.bool_(), "Of a researcher who tried the study: it does not count.")

JUDGEMENTS = table_schema(
    "One row for each answer to pictures that were shown blind: in a task of judging, or in the reveal.",
    [
        *_player(),
        _STUDY,
        _CONDITION,
        column("task", pa.string(), "The task, by its name in the study's configuration; empty for the reveal."),
        column("position", pa.int32(), "Its place among what the player was shown in the task, from 0.", low=0),
        _PHOTO,
        column(
            "kind",
            pa.string(),
            "What was asked. rating: how good is it; pair: which is better; favourite: which of several is liked best; "
            "turing: did a person or a program make it; turing_pair: which of two did a person make.",
            values=JUDGEMENT_KINDS,
        ),
        column(
            "episodes",
            pa.list_(pa.string()),
            "Those shown, by place: from left to right, and from the top. Empty for a picture of no episode, and in a "
            "task for one that this export leaves out.",
        ),
        column(
            "makers",
            pa.list_(pa.string()),
            "Who made each picture, by place: person, expert, robot, baseline, agent or agent:<name>; untouched is the "
            "photo as it came, self by the one who judges, personal_agent by the agent that was fitted to them, task a "
            "picture made for an attention check.",
        ),
        column(
            "repeat", pa.bool_(), "The second time that this player saw the pictures; two of them the other way round."
        ),
        column("attention", pa.bool_(), "An attention check."),
        column("failed", pa.bool_(), "An attention check that was not answered as it asks."),
        _PREVIEW,
        column("surplus", pa.bool_(), "Given when the pictures had all that were wanted: kept, not counted."),
        column(
            "answer",
            pa.int32(),
            "Of a rating the mark, 1 (bad) to 5 (good); of turing 0 for a person, 1 for a program; else the place of "
            "the picture chosen, from 0.",
            low=0,
        ),
        column("ms", pa.int64(), "From the pictures to the answer, by the client's clock.", unit="ms", low=0),
        column("made", _TIME, "When it was given, as in episodes.started."),
    ],
)

ANSWERS = table_schema(
    "One row for each question of a questionnaire that was answered.",
    [
        _STUDY,
        *_player(),
        _CONDITION,
        column("questionnaire", pa.string(), "The questionnaire, by its name in the study's configuration."),
        column("question", pa.string(), "The question, by its name; -Comment is the text beside a choice of other."),
        column("answer", pa.string(), "What was answered, as SurveyJS gives it, in JSON."),
        column("language", pa.string(), "The language in which it was asked."),
        _PREVIEW,
        column("ms", pa.int64(), "For the whole questionnaire, by the client's clock.", unit="ms", low=0),
        column("made", _TIME, "When it was given, as in episodes.started."),
    ],
)

_PARTIAL = "the export leaves out some of their play"

PARTICIPATIONS = table_schema(
    "One row for each participation: a person, or a robot in their place, who joined a study.",
    [
        _STUDY,
        *_player(),
        column("condition", pa.string(), "The study's condition; empty where it has none."),
        column(
            "configuration",
            pa.int32(),
            "Which configuration of the study they began under, counted from 1 as it was changed.",
            low=1,
            null="joined before configurations were kept",
        ),
        column("consent_version", pa.int32(), "The version of the text they agreed to last.", low=1, null="none"),
        column(
            "window",
            pa.string(),
            "The width of their window as they last played: small below 600 CSS pixels (phones), large from 1100.",
            values=WINDOWS,
            null="not recorded",
        ),
        column("preview", pa.bool_(), "A researcher who tried the study: it does not count."),
        column("joined", _TIME, "When they agreed and joined, as in episodes.started."),
        column("completed", _TIME, "When the last of their events was stored.", null="not complete"),
        column("played_ms", pa.int64(), "The duration of their counted episodes, by their clock.", unit="ms", low=0),
        column("excluded", pa.bool_(), "A researcher refused what they did."),
        column("exclusion_reason", pa.string(), "Why.", null="not excluded, or no reason given"),
        column("attention_items", pa.int32(), "Attention checks that they handed in.", low=0),
        column("attention_failed", pa.int32(), "Of these, the ones whose rule the steps do not fulfil.", low=0),
        column("repeats", pa.int32(), "Photos that they handed in for the second time.", low=0),
        column("surplus", pa.int32(), "Episodes of theirs that came when the photo had enough.", low=0),
        column("episodes", pa.int64(), "Episodes handed in, tutorials aside.", low=0, null=_PARTIAL),
        column("events", pa.int64(), "Events of these.", low=0, null=_PARTIAL),
        column("events_sha256", pa.string(), "Their digest, by which `dataset receipts` checks them.", null=_PARTIAL),
        column("judgements", pa.int64(), "Answers in tasks of judging.", low=0, null=_PARTIAL),
        column("answers", pa.int64(), "Questions answered in questionnaires.", low=0, null=_PARTIAL),
        column("answers_sha256", pa.string(), "The digest of judgements and answers.", null=_PARTIAL),
    ],
)

AGENTS = table_schema(
    "One row for each agent, baseline or expert of the episodes, and version of it.",
    [
        *_player(),
        column("checkpoint_hash", pa.string(), "The SHA-256 of the weights.", null="it has none"),
        _CONTRACT,
        column("episodes", pa.int64(), "How many it played here.", low=1),
        column("photos", pa.int64(), "How many photos it played here.", low=1),
        column(
            "trained_photos",
            pa.list_(pa.string()),
            "The photos of exports that it was trained on, by the SHA-256 of their source files.",
            null="not known",
        ),
        column(
            "trained_players",
            pa.list_(pa.string()),
            "Whose play it learned from: the SHA-256 of their names in the export that it was trained on; empty where "
            "it learned from nobody's.",
            null="not known",
        ),
    ],
)

TOMBSTONES = table_schema(
    "One row for each person of an earlier version who has withdrawn since: whoever has an old copy finds their rows "
    "by it, and nobody else learns anything.",
    [
        column(
            "digest",
            pa.string(),
            "The SHA-256, in hexadecimal, of the study's name, a line feed and the pseudonym, in UTF-8.",
        )
    ],
)

# Columns that came later, by table: what holds where a snapshot, or a row, is without them.
ADDED: dict[str, dict[str, Any]] = {
    "episodes": {"surplus": False, "condition": ""},
    "events": dict.fromkeys(GESTURE_COLUMNS.values()),
    "judgements": {
        "condition": "",
        "task": "",
        "position": 0,
        "makers": [],
        **dict.fromkeys(("repeat", "attention", "failed", "preview", "surplus"), False),
    },
    "participations": dict.fromkeys(("judgements", "answers", "answers_sha256")),
    "agents": dict.fromkeys(("trained_photos", "trained_players")),
}

SCHEMAS: dict[str, Any] = {"episodes": EPISODES, "steps": STEPS, "events": EVENTS, "photos": PHOTOS}
# Where there is nothing to say, a snapshot goes without: it is read as a table without rows.
OPTIONAL_SCHEMAS: dict[str, Any] = {
    "judgements": JUDGEMENTS,
    "answers": ANSWERS,
    "participations": PARTICIPATIONS,
    "agents": AGENTS,
    "tombstones": TOMBSTONES,
}
ALL_SCHEMAS: dict[str, Any] = SCHEMAS | OPTIONAL_SCHEMAS
# By these columns the rows of a table are in order.
ORDER: dict[str, tuple[str, ...]] = {
    "episodes": ("started", "id"),
    "steps": ("episode", "index"),
    "events": ("episode", "seq"),
    "photos": ("sha256",),
    "judgements": ("study", "player", "task", "position", "photo", "kind"),
    "answers": ("study", "player", "questionnaire", "question"),
    "participations": ("study", "player"),
    "agents": ("player", "checkpoint_hash", "contract_version"),
    "tombstones": ("digest",),
}


class InvalidSnapshot(ValueError):
    """A folder is no snapshot, or a row of it is wrong: the message names the file, the row and the reason."""
