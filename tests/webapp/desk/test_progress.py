"""How far a study is: counts, coverage, pace; and what the page costs with many people and photos."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.webapp.conftest import Player, default_study, new_player
from tests.webapp.desk.populating import add_people, add_photos
from tests.webapp.desk.test_studies import post, text
from webapp.desk.coverage import photos_covered
from webapp.desk.progress import progress_of
from webapp.games.models import Episode
from webapp.studies.arrivals import Arrival
from webapp.studies.models import Lease, Participation, Study

CAST = ("researcher",)
MOST_STATEMENTS = 25


@pytest.fixture
def planned(study):
    """Two treatments of each photo are wanted."""
    study.episodes_per_photo = 2
    study.save()
    return study


@pytest.fixture(scope="class")
def populated_once(made_once, cast):
    """60 people and 200 photos, each of which is wanted three times, for all tests of a class."""
    with made_once():
        study = default_study()
        study.episodes_per_photo = 3
        study.save()
        add_people(study, add_photos(study, 200), 60)
        yield


@pytest.fixture
def populated(populated_once, study):
    """Their study."""
    return study


def stages(study):
    return {stage.label: stage.count for stage in progress_of(study).funnel}


class TestTheFunnel:
    def test_it_counts_people_stage_by_stage(self, planned, make_photo):
        make_photo()
        new_player(), new_player()
        assert stages(planned)["agreed and joined"] == 2
        assert stages(planned)["handed in their first photo"] == 0

    def test_who_does_all_has_finished(self, planned, make_photo, played):
        photo = make_photo()
        player = Player()
        player.join()
        player.send(photo, played)
        progress = progress_of(planned)
        assert stages(planned)["finished"] == 1
        assert (progress.wanted, progress.filled, progress.reserved) == (2, 1, 0)
        (covered,) = photos_covered(planned)
        assert (covered.filled, covered.wanted, covered.share) == (1, 2, 50)

    def test_neither_robots_nor_researchers_count(self, planned, make_photo, owner):
        make_photo()
        owner.join()
        Player().join("robot")
        assert stages(planned)["agreed and joined"] == 0
        assert progress_of(planned).previews == 1

    def test_the_page_of_consent_is_counted_and_nothing_of_who_opens_it(self, study, client, owner, player):
        for _ in range(3):
            assert client.get("/play/default/consent/").status_code == 200
        assert Arrival.objects.get().count == 3
        owner.get("/play/default/consent/")
        player.get("/play/default/consent/")
        assert Arrival.objects.get().count == 3
        assert stages(study)["opened the page of consent"] == 3
        assert not Participation.objects.exclude(participant__key=None).exists()


class TestTimeLeft:
    def test_it_follows_from_the_pace_of_the_last_day(self, planned, make_photo, played):
        photo = make_photo()
        player = Player()
        player.join()
        player.send(photo, played)
        Episode.objects.update(started=timezone.now() - timedelta(hours=2))
        progress = progress_of(planned)
        assert progress.pace == pytest.approx(0.5, rel=0.01)
        assert progress.left is not None
        assert progress.left.total_seconds() == pytest.approx(2 * 3600, rel=0.01)

    def test_without_a_pace_nobody_knows(self, planned, make_photo):
        make_photo()
        assert (progress_of(planned).pace, progress_of(planned).left) == (0, None)


class TestDropOut:
    def test_who_has_a_photo_reserved_is_going_on_and_has_stopped_when_it_lapses(self, planned, make_photo):
        make_photo()
        new_player(), new_player()
        assert (progress_of(planned).active, progress_of(planned).dropped) == (2, 0)
        Lease.objects.update(expires=timezone.now() - timedelta(hours=1))
        progress = progress_of(planned)
        assert (progress.active, progress.dropped, progress.reached) == (0, 2, [2])
        assert sum(bar.dropped for bar in progress.bars) == 2


class TestMany:
    def test_with_60_people_and_200_photos_it_takes_few_statements(self, owner, populated):
        with CaptureQueriesContext(connection) as queries:
            page = owner.get("/desk/studies/default/")
        assert page.status_code == 200
        assert len(queries) <= MOST_STATEMENTS, "\n".join(query["sql"][:150] for query in queries)
        assert text(page).count("bright.webp") == 200
        assert "of 600 handed in" in text(page)
        with CaptureQueriesContext(connection) as queries:
            assert owner.get("/desk/studies/default/progress/").status_code == 200
        assert len(queries) <= MOST_STATEMENTS

    def test_counts_agree_with_what_was_stored(self, populated):
        progress = progress_of(populated)
        assert stages(populated)["agreed and joined"] == 60
        assert stages(populated)["opened the page of consent"] == 85
        assert stages(populated)["finished"] == 36
        assert progress.rejected == 2
        assert progress.filled == Lease.objects.filter(state="handed in", coverage__isnull=False).count()
        assert sum(photo.filled for photo in photos_covered(populated)) == progress.filled
        assert sum(bar.joined for bar in progress.bars) <= 60

    def test_the_list_takes_few_statements_and_is_filtered_and_sorted(self, owner, populated):
        with CaptureQueriesContext(connection) as queries:
            page = owner.get("/desk/studies/default/people/")
        assert page.context["page"].paginator.count == 60
        assert len(queries) <= MOST_STATEMENTS
        shown = owner.get("/desk/studies/default/people/?state=rejected").context["page"]
        assert [person.participation.rejected is not None for person in shown] == [True, True]
        found = owner.get("/desk/studies/default/people/?search=heron-00007").context["page"]
        assert [person.participation.pseudonym for person in found] == ["quiet-heron-00007"]
        counts = [person.done for person in owner.get("/desk/studies/default/people/?sort=done").context["page"]]
        assert counts == sorted(counts, reverse=True)

    def test_recruiters_ids_are_for_editors_alone(self, owner, editor, viewer, populated):
        Study.objects.update(entry_parameter="PROLIFIC_PID")
        pages = ("people/", "people/?search=5f3c0ffee", "people/quiet-heron-00001/")
        assert ["5f3c0ffee" in text(viewer.get(f"/desk/studies/default/{page}")) for page in pages[::2]] == [False] * 2
        assert viewer.get(f"/desk/studies/default/{pages[1]}").context["page"].paginator.count == 0
        for browser in (owner, editor):
            assert all("5f3c0ffee" in text(browser.get(f"/desk/studies/default/{page}")) for page in pages[::2])

    def test_a_person_is_rejected_for_a_reason_and_accepted_again(self, editor, populated):
        address = "/desk/studies/default/people/quiet-heron-00001/"
        free = progress_of(populated).filled
        assert post(editor, f"{address}judge/", verdict="reject", reason=" ").status_code == 400
        assert post(editor, f"{address}judge/", verdict="reject", reason="too fast").status_code == 302
        own = Participation.objects.get(pseudonym="quiet-heron-00001")
        assert own.rejection_reason == "too fast"
        assert progress_of(populated).filled == free - 10
        assert set(Episode.objects.filter(participant=own.participant).values_list("status", flat=True)) == {"excluded"}
        post(editor, f"{address}judge/", verdict="accept")
        assert progress_of(populated).filled == free
        log = text(editor.get("/desk/studies/default/log/"))
        assert "rejected quiet-heron-00001: too fast" in log
        assert "accepted quiet-heron-00001 again" in log

    def test_the_gallery_takes_few_statements_and_is_filtered(self, owner, populated):
        with CaptureQueriesContext(connection) as queries:
            page = owner.get("/desk/studies/default/episodes/?sort=quickest")
        assert len(queries) <= MOST_STATEMENTS
        durations = [episode.duration_ms for episode in page.context["page"]]
        assert (len(durations), durations) == (60, sorted(durations))
        excluded = owner.get("/desk/studies/default/episodes/?status=excluded").context["page"]
        assert {episode.status for episode in excluded} == {"excluded"}
        one = owner.get(f"/desk/studies/default/episodes/?photo={1:064x}").context["page"]
        assert {episode.photo_id for episode in one} == {f"{1:064x}"}
        assert owner.get("/desk/studies/default/episodes/?kind=programs").context["page"].paginator.count == 0


class TestTheWholePage:
    def test_an_empty_study_says_so(self, owner, study):
        page = text(owner.get("/desk/studies/default/"))
        assert "There are no photos yet." in page


class TestPeople:
    def test_who_is_not_in_the_study_is_not_found(self, owner, study):
        assert owner.get("/desk/studies/default/people/nobody/").status_code == 404


class TestEpisodes:
    def test_a_page_shows_every_event_with_its_time(self, owner, study, player, photo, played):
        player.send(photo, played)
        address = f"/desk/studies/default/episodes/{played[0]['episode']}/"
        page = text(owner.get(address))
        assert page.count("data-seq=") == len(played)
        assert "0:00.6" in page
        assert "Exposure +1.50 EV" in page
        events = owner.get(f"{address}events.json").json()
        assert [event["ms"] for event in events["events"]] == [event["ms"] for event in played]
        assert owner.get(f"{address[:-1]}.webp").getvalue().startswith(b"RIFF")

    def test_what_is_not_handed_in_has_no_picture(self, owner, player, photo, opened):
        player.send(photo, opened)
        assert owner.get(f"/desk/studies/default/episodes/{opened[0]['episode']}.webp").status_code == 404

    def test_an_episode_of_another_study_is_not_found(self, owner, ada, player, photo, played):
        player.send(photo, played)
        other = Study.objects.create(slug="other", title="Other")
        other.memberships.create(user=ada, role="owner")
        for page in (f"{played[0]['episode']}/", f"{played[0]['episode']}.webp", f"{played[0]['episode']}/events.json"):
            assert owner.get(f"/desk/studies/other/episodes/{page}").status_code == 404
