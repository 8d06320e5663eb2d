"""Leases: exactly k treatments of each photo, whoever comes, goes, is late, is rejected or comes at the same moment."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from datetime import timedelta
from threading import BoundedSemaphore

import pytest
from django.db import connection
from django.utils import timezone

from tests.webapp.conftest import BRIGHTER, Player, default_study, new_photo, write_events
from webapp.games.models import Episode
from webapp.photos.models import Photo
from webapp.photos.storing import remove
from webapp.studies.leases import accept, is_full, reject, release_lapsed
from webapp.studies.models import Coverage, Lease, Participation, Study, StudyPhoto
from webapp.studies.sequences import Item, sequence
from webapp.studies.withdrawing import withdraw


@pytest.fixture(scope="class")
def photos_once(made_once):
    """Four photos of a study that wants two treatments of each, and gives each participant two, for all tests."""
    with made_once():
        study = default_study()
        study.episodes_per_photo, study.photos_per_participant = 2, 2
        study.save()
        yield [new_photo(study, seed) for seed in range(1, 5)]


@pytest.fixture
def photos(photos_once, study):
    """Those photos."""
    return deepcopy(photos_once)


def newcomer(kind="human"):
    """Somebody who asks to join, and what they are told."""
    player = Player()
    return player, player.join(kind)


def play(player, *, submit=True):
    """Play the photo that is next, and return its episode; None where there is none."""
    photo = player.next().json()["photo"]
    if photo is None:
        return None
    events = write_events(*BRIGHTER, *([("submit", {})] if submit else []))
    answer = player.send(Photo(sha256=photo["id"]), events)
    assert answer.status_code == 200, answer.json()
    return Episode.objects.get(pk=events[0]["episode"])


def check_places():
    """Each photo's count is the number of leases that hold a place of it, and never more than is wanted."""
    held = Counter(Lease.objects.exclude(coverage=None).values_list("coverage", flat=True))
    for row in Coverage.objects.select_related("study"):
        assert row.taken == held[row.pk]
        assert row.taken <= (row.study.episodes_per_photo or row.taken)


def places():
    check_places()
    return sorted(Coverage.objects.values_list("taken", flat=True))


class TestPlaces:
    def test_the_least_filled_photos_are_given_and_the_fifth_is_told_that_it_is_full(self, study, photos, refused):
        for expected in ([0, 0, 1, 1], [1, 1, 1, 1], [1, 1, 2, 2], [2, 2, 2, 2]):
            newcomer()
            assert places() == expected
        _, answer = newcomer()
        assert refused(answer) == (410, "study_full")
        assert Participation.objects.count() == 4

    def test_full_is_told_before_consent(self, study, photos, stranger, built):
        for _ in range(4):
            newcomer()
        assert is_full(study)
        assert stranger.get("/play/default/consent/")["Location"] == "/play/default/full/"
        assert "This study is full" in stranger.get("/play/default/full/").content.decode()

    def test_robots_and_researchers_play_and_take_no_place(self, study, photos, researcher):
        assert newcomer("robot")[1].status_code == 200
        assert researcher.join().status_code == 200
        assert play(researcher).preview
        assert places() == [0, 0, 0, 0]

    def test_who_has_done_theirs_has_done_all(self, study, photos):
        player, _ = newcomer()
        first, second = play(player), play(player)
        assert first.photo_id != second.photo_id
        assert play(player) is None
        assert Participation.objects.get().completed
        assert player.next().json()["progress"] == {"done": 2, "total": 2}

    def test_another_photo_than_ones_own_is_refused(self, study, photos, refused):
        player, _ = newcomer()
        own = set(Lease.objects.values_list("photo", flat=True))
        other = next(photo for photo in photos if photo.pk not in own)
        assert refused(player.send(other, write_events(*BRIGHTER))) == (409, "not_assigned")
        done = play(player)
        again = write_events(*BRIGHTER)
        assert refused(player.send(done.photo, again)) == (409, "already_played")


class TestLapsing:
    @pytest.fixture
    def late(self, study, photos):
        """Somebody whose leases have lapsed before they handed anything in."""
        player, _ = newcomer()
        Lease.objects.update(expires=timezone.now() - timedelta(seconds=1))
        return player

    def test_places_go_back_and_who_comes_late_takes_them_again(self, study, late):
        assert release_lapsed(study) == 2
        assert places() == [0, 0, 0, 0]
        episode = play(late)
        assert not episode.surplus
        assert sum(places()) == 1

    def test_who_comes_too_late_has_lost_nothing_and_does_not_count(self, study, late):
        for _ in range(4):
            assert newcomer()[1].status_code == 200
        assert places() == [2, 2, 2, 2]
        episode = play(late)
        assert (episode.status, episode.surplus) == ("submitted", True)
        play(late)
        assert Participation.objects.get(participant=episode.participant).completed
        assert places() == [2, 2, 2, 2]

    def test_what_was_handed_in_in_time_stays(self, study, photos):
        player, _ = newcomer()
        play(player)
        Lease.objects.update(expires=timezone.now() - timedelta(seconds=1))
        assert release_lapsed(study) == 1
        assert sum(places()) == 1


class TestRejecting:
    def test_a_rejected_participant_frees_their_places_and_is_excluded(self, study, photos):
        player, _ = newcomer()
        episode = play(player)
        reject(Participation.objects.get(), "no effort")
        episode.refresh_from_db()
        assert (episode.status, episode.exclusion_reason) == ("excluded", "participant rejected: no effort")
        assert places() == [0, 0, 0, 0]
        accept(Participation.objects.get())
        episode.refresh_from_db()
        assert (episode.status, episode.exclusion_reason, episode.surplus) == ("submitted", "", False)
        assert sum(places()) == 1

    def test_who_is_accepted_when_the_places_are_filled_is_surplus(self, study, photos):
        player, _ = newcomer()
        episode = play(player)
        participation = Participation.objects.get()
        reject(participation, "no effort")
        for _ in range(4):
            newcomer()
        accept(participation)
        episode.refresh_from_db()
        assert (episode.status, episode.surplus) == ("submitted", True)
        assert places() == [2, 2, 2, 2]


class TestCutShort:
    def test_who_can_go_on_no_more_is_complete(self, study, photos):
        player, _ = newcomer()
        done = play(player)
        left = Lease.objects.get(state="held").photo
        StudyPhoto.objects.filter(photo=left).delete()
        assert player.next().json()["photo"] is None
        remove(left)
        assert Participation.objects.get().completed
        assert done.lease.state == "handed in"

    def test_who_has_begun_a_study_that_is_closed_is_complete(self, study, photos):
        player, _ = newcomer()
        newcomer()
        play(player)
        study.state = "closed"
        study.save()
        assert [bool(one.completed) for one in Participation.objects.order_by("pk")] == [True, False]


class TestConditions:
    @pytest.mark.parametrize(("each", "taken"), [(True, [1, 1]), (False, [1])])
    def test_treatments_are_counted_in_each_condition_or_in_all(self, study, photo, each, taken):
        study.conditions = [{"name": "a", "changes": {}}, {"name": "b", "changes": {"maximum_steps": 2}}]
        study.episodes_per_photo, study.count_by_condition = 1, each
        study.save()
        answers = [newcomer()[1].status_code for _ in range(3)]
        assert answers.count(200) == len(taken)
        assert places() == taken

    def test_the_condition_is_kept_with_each_episode_and_holds_there(self, study, photo, refused):
        study.conditions = [{"name": "a", "changes": {"maximum_steps": 1, "filters": ["exposure", "contrast"]}}] * 2
        study.conditions[1] = {"name": "b", "changes": {}}
        study.save()
        player, _ = newcomer()
        *first, _, _ = BRIGHTER
        assert refused(player.send(photo, write_events(*BRIGHTER))) == (400, "too_many_steps")
        sepia = (("start", {}), ("choose", {"step": 0, "filter": "saturation"}))
        assert refused(player.send(photo, write_events(*sepia))) == (400, "filter_not_offered")
        assert player.send(photo, write_events(*first[:3])).status_code == 200
        assert Episode.objects.get().condition == "a"


class TestSequences:
    PHOTOS = tuple("abcdefghij")

    def make(self, player="p", turn=0, **settings):
        study = Study(seed="s")
        study.change(settings)
        return sequence(study, player, self.PHOTOS, turn)

    def test_each_order_shows_each_photo_once(self):
        for order in ("random", "balanced", "fixed"):
            assert sorted(item.content for item in self.make(order=order)) == list(self.PHOTOS)
        assert self.make(order="random") == self.make(order="random") != self.make("q", order="random")
        assert [item.content for item in self.make(order="fixed")] == list(self.PHOTOS)

    def test_a_balanced_order_shows_each_photo_as_often_in_each_place(self):
        shown = [[item.content for item in self.make(order="balanced", turn=turn)] for turn in range(len(self.PHOTOS))]
        assert all(sorted(column) == list(self.PHOTOS) for column in zip(*shown, strict=True))

    @pytest.mark.parametrize("share", [0.1, 0.3, 0.5])
    @pytest.mark.parametrize("distance", [0, 1, 4])
    def test_repeats_are_so_many_and_so_far_apart(self, share, distance):
        for player in "pqrstuvwxyz":
            items = self.make(player, repeat_share=share, repeat_distance=distance)
            repeats = [item for item in items if item.purpose == "repeat"]
            assert len(repeats) == round(share * len(self.PHOTOS))
            for repeat in repeats:
                between = items.index(repeat) - items.index(Item(repeat.content, Lease.Purpose.PLAY)) - 1
                assert between >= distance

    def test_repeats_of_all_come_as_late_as_they_can(self):
        items = self.make(repeat_share=1, repeat_distance=20)
        assert [item.purpose for item in items] == ["play"] * 10 + ["repeat"] * 10

    def test_attention_items_are_spread(self):
        checks = [{"photo": photo * 64} for photo in "xy"]
        study = Study(seed="s", attention_items=checks)
        items = sequence(study, "p", self.PHOTOS, 0)
        assert [place for place, item in enumerate(items) if item.purpose == "attention"] == [3, 8]


class TestRepeatsAndAttention:
    def test_they_are_played_flagged_and_take_no_place(self, study, photos):
        check = photos[0]
        study.repeat_share, study.photos_per_participant = 0.5, 2
        study.attention_items = [
            {
                "photo": check.pk,
                "instruction": {"en": "Black and white, please.", "de": "Bitte schwarzweiß."},
                "filter": "black_white",
                "parameter": "amount",
                "low": 0.9,
                "high": 1,
            }
        ]
        study.save()
        player, _ = newcomer()
        asked = []
        while (offer := player.next().json())["photo"] is not None:
            asked.append(offer["instruction"])
            play(player)
        episodes = list(Episode.objects.order_by("started"))
        assert len(episodes) == 4
        assert sorted(asked) == ["", "", "", "Black and white, please."]
        assert [episode.attention for episode in episodes] == [bool(text) for text in asked]
        assert sum(episode.repeat for episode in episodes) == 1
        assert sum(places()) == 2
        assert Lease.objects.get(purpose="attention").failed
        assert check.pk not in Coverage.objects.filter(taken__gt=0).values_list("photo", flat=True)

    @pytest.mark.parametrize(("match", "failed"), [pytest.param("any", False, marks=pytest.mark.long), ("all", True)])
    def test_one_of_several_rules_is_enough_or_all_must_be_kept(self, study, photos, match, failed):
        grey = {"filter": "black_white", "parameter": "amount", "low": 0.9, "high": 1}
        bright = {"filter": "exposure", "parameter": "ev", "low": 0.5, "high": 3}
        asks = {"photo": photos[0].pk, "instruction": {}, "rules": [grey, bright], "match": match}
        study.photos_per_participant, study.attention_items = 1, [asks]
        study.save()
        player, _ = newcomer()
        while play(player) is not None:
            pass
        assert Lease.objects.get(purpose="attention").failed is failed


# Postgres takes a hundred connections: as at a server, clients wait for one of them.
CONNECTIONS = BoundedSemaphore(60)


def alone(act, *arguments):
    """Do something in a thread of its own, with a connection of its own."""
    with CONNECTIONS:
        try:
            return act(*arguments)
        finally:
            connection.close()


def come_and_play(_):
    """A person who joins and plays all that they are given, and how many photos that was."""
    player, answer = alone(newcomer)
    if answer.status_code == 410:
        return 0
    assert answer.status_code == 200, answer.json()
    count = 0
    while alone(play, player) is not None:
        count += 1
    return count


def check_concurrent(study, make_photo, *, people, photos, each):
    study.episodes_per_photo, study.photos_per_participant = 5, each
    study.save()
    for seed in range(photos):
        make_photo(seed)
    with ThreadPoolExecutor(people) as crowd:
        done = list(crowd.map(come_and_play, range(people)))
    assert places() == [5] * photos
    counted = Counter(Episode.objects.filter(status="submitted", surplus=False).values_list("photo", flat=True))
    assert sorted(counted.values()) == [5] * photos
    assert sum(done) == 5 * photos
    twice = Counter(Episode.objects.values_list("participant", "photo"))
    assert set(twice.values()) == {1}


@pytest.mark.long
def test_a_balanced_order_counts_who_joins_at_once(transactional_db, study, make_photo):
    study.episodes_per_photo, study.order = 12, "balanced"
    study.save()
    for seed in range(4):
        make_photo(seed)
    with ThreadPoolExecutor(12) as crowd:
        answers = [answer for _, answer in crowd.map(lambda _: alone(newcomer), range(12))]
    assert [answer.status_code for answer in answers] == [200] * 12
    assert sorted(Participation.objects.values_list("turn", flat=True)) == list(range(12))
    first = Counter(Lease.objects.filter(position=0).values_list("photo", flat=True))
    assert sorted(first.values()) == [3] * 4


def test_who_withdraws_leaves_their_turn_to_the_next(study, make_photo):
    study.episodes_per_photo, study.order = 5, "balanced"
    study.save()
    make_photo(1)
    for _ in range(3):
        newcomer()
    withdraw(Participation.objects.order_by("turn").first())
    newcomer()
    assert sorted(Participation.objects.values_list("turn", flat=True)) == [0, 1, 2]


def test_twelve_at_once_fill_each_photo_exactly(transactional_db, study, make_photo):
    check_concurrent(study, make_photo, people=12, photos=4, each=2)


@pytest.mark.long
def test_two_hundred_at_once_fill_each_photo_exactly(transactional_db, study, make_photo):
    check_concurrent(study, make_photo, people=200, photos=40, each=2)
