"""A hundred pictures by three kinds of makers: participants are given them balanced, and nothing tells them apart."""

import io
import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import numpy as np
import pytest
from django.utils import timezone
from PIL import Image

from editing.game.filters import VERSION
from tests.webapp.conftest import Player, default_study, new_photo, new_player
from tests.webapp.judging.conftest import MAKERS, judging_task, shown
from webapp.games.models import Episode, Step
from webapp.judging.models import Picture, ShownPicture
from webapp.participants.models import Participant
from webapp.photos.models import Photo

TRIALS = 12
# What a person sets by hand, and what a network gives.
BY_HAND = [("exposure", {"ev": 1.25})]
BY_NETWORK = [
    ("exposure", {"ev": 1.2310585975646973}),
    ("white_balance", {"temperature": 0.04127836227416992, "tint": -0.012393951416015625}),
    ("saturation", {"amount": 0.1192029220221176}),
    ("contrast", {"amount": 0.07130834460258484}),
    ("gamma", {"gamma": 0.9462141990661621}),
]


def treat(photo: Photo, maker: str, kind: str, steps: Any) -> Episode:
    """Store what somebody made of a photo."""
    player, _ = Participant.objects.get_or_create(pseudonym=maker, defaults={"kind": kind})
    same = {"photo": photo, "contract_version": VERSION, "started": timezone.now(), "status": "submitted"}
    episode = Episode.objects.create(
        id=uuid4(), study=photo.studies.get(), participant=player, step_count=len(steps), **same
    )
    for index, (slug, parameters) in enumerate(steps):
        Step.objects.create(episode=episode, index=index, filter=slug, parameters=parameters)
    return episode


@pytest.fixture(scope="module")
def pictures_once(made_once) -> Iterator[int]:
    """Of ten photos four treatments by people, five by agents, and the photo as it came."""
    with made_once():
        study = default_study()
        for number in range(10):
            photo = new_photo(study, number)
            for maker in range(4):
                treat(photo, f"person-{maker}", "human", BY_HAND)
            for maker in range(5):
                treat(photo, f"agent:{maker}", "agent", BY_NETWORK)
        yield 10 * (4 + 5 + 1)


@pytest.fixture
def pictures(pictures_once, db) -> int:
    """How many there are."""
    return pictures_once


def makers_of(trials: Any) -> list[tuple[str, ...]]:
    """Who made the pictures of trials, by place: what the page does not know."""
    made: dict[str, dict[int, str]] = defaultdict(dict)
    for row in ShownPicture.objects.filter(trial__in=[trial["id"] for trial in trials]).select_related("picture"):
        made[str(row.trial_id)][row.index] = row.picture.maker
    return [tuple(made[trial["id"]][index] for index in range(len(trial["pictures"]))) for trial in trials]


@pytest.mark.parametrize("people", [6, pytest.param(15, marks=pytest.mark.long)])
def test_ratings_are_balanced_and_blind(configure, pictures, built_judging, django_assert_max_num_queries, people):
    configure(judging_task(trials=TRIALS))
    positions: dict[str, list[int]] = defaultdict(list)
    for _ in range(people):
        player = new_player()
        with django_assert_max_num_queries(40):
            trials = shown(player)["trials"]
        makers = [maker for (maker,) in makers_of(trials)]
        assert Counter(makers) == dict.fromkeys(MAKERS, TRIALS // len(MAKERS))
        for position, maker in enumerate(makers):
            positions[maker].append(position)
    assert Picture.objects.count() == pictures == 100
    for maker in MAKERS:
        taken = Picture.objects.filter(maker=maker).values_list("taken", flat=True)
        assert max(taken) - min(taken) <= 2
        # Five standard errors of the mean of positions that are drawn by lot.
        assert abs(np.mean(positions[maker]) - (TRIALS - 1) / 2) < 5 * (TRIALS**2 / 12 / len(positions[maker])) ** 0.5
    check_blind(player, trials, makers)


@pytest.mark.parametrize("kind", ["pair", pytest.param("turing_pair", marks=pytest.mark.long)])
def test_of_two_pictures_each_maker_stands_as_often_on_either_side(configure, pictures, built_judging, kind):
    configure(judging_task(kind, trials=6))
    sides: Counter[tuple[str, ...]] = Counter()
    for _ in range(3):
        player = new_player()
        trials = shown(player)["trials"]
        of_player = Counter(makers_of(trials))
        for first, second in of_player:
            assert abs(of_player[first, second] - of_player[second, first]) <= 1
        sides += of_player
    combinations = {frozenset(makers) for makers in sides}
    assert len(combinations) == (3 if kind == "pair" else 2)
    totals = [sum(count for makers, count in sides.items() if set(makers) == both) for both in combinations]
    assert max(totals) == min(totals)
    check_blind(player, trials, [makers[0] for makers in makers_of(trials)])


def check_blind(player: Player, trials: Any, makers: list[str]) -> None:
    """Read all that the page gets before the answers, and find nothing that goes with who made a picture."""
    page = player.get("/play/default/judging/")
    assert page.status_code == 200
    given = page.content.decode() + json.dumps(dict(page.headers)) + json.dumps(shown(player))
    for word in words_that_tell():
        assert word not in given
    kept = {name for name in trials[0] if name not in ("id", "pictures")}
    assert kept == {"width", "height", "instruction", "licence", "attribution"}
    assert len({json.dumps({name: trial[name] for name in kept}, sort_keys=True) for trial in trials}) == 1
    assert {UUID(trial["id"]).version for trial in trials} == {4}
    for trial in trials:
        urls = [f"/api/trials/{trial['id']}/pictures/{index}/" for index in range(len(trial["pictures"]))]
        assert trial["pictures"] == urls
    forms = [form_of(player, url) for trial in trials for url in trial["pictures"]]
    assert len(set(forms)) == 1
    assert len(set(makers)) > 1
    assert "picture.webp" in forms[0][0]


def form_of(player: Player, url: str) -> tuple[str, str]:
    """All of an answered picture but its pixels, of which the length of the file is a part."""
    answer = player.get(url)
    # The length is compared below; the id is that of the request.
    headers = {name: value for name, value in answer.headers.items() if name not in ("Content-Length", "X-Request-ID")}
    content = b"".join(answer.streaming_content)
    assert int(answer.headers["Content-Length"]) == len(content)
    image = Image.open(io.BytesIO(content))
    # The chunks of a WebP file: one, of lossy pixels.
    encoding = (image.format, image.mode, image.size, sorted(image.info), content[8:16])
    return json.dumps([headers, dict(answer.cookies)], sort_keys=True), repr(encoding)


def words_that_tell() -> Iterator[str]:
    """Names, ids, filters and values."""
    yield from Participant.objects.filter(episodes__isnull=False).values_list("pseudonym", flat=True).distinct()
    yield from map(str, Episode.objects.values_list("pk", flat=True))
    yield from Photo.objects.values_list("pk", flat=True)
    yield from ("untouched", "person", "agent", "baseline", "steps", "parameters", "repeat", "attention")
    yield from {slug for slug, _ in BY_NETWORK}
    yield from {str(value) for _, parameters in BY_NETWORK for value in parameters.values()}
