"""The language of a request: what was chosen, else what the browser asks for, else English."""

import json
import re

import pytest
from django.conf import settings as site
from django.test import Client
from django.utils import translation

from webapp.downloads.models import Download
from webapp.downloads.tasks import _CRASHED
from webapp.games.models import Episode

GERMAN = {"Accept-Language": "de-AT,de;q=0.9,en;q=0.5"}
PAGES = ["/", "/credits/", "/login/", "/play/default/consent/", "/play/default/declined/", "/finished/", "/nothing/"]


@pytest.fixture(autouse=True)
def _compiled():
    assert "de" in dict(site.LANGUAGES), "the catalogues are not compiled: make webapp/locale/compiled"
    yield
    # A server sets it anew for each request; the next test is not to inherit it.
    translation.deactivate()


def text(response):
    return response.content.decode()


def choose(client, language, after="/"):
    client.get("/credits/")
    token = client.cookies["csrftoken"].value
    return client.post("/language/", {"language": language, "next": after, "csrfmiddlewaretoken": token})


class TestPages:
    @pytest.mark.parametrize("path", PAGES)
    def test_it_says_which_language_it_is_in_and_what_that_depends_on(self, client, photo, path):
        page = client.get(path, headers=GERMAN)
        assert '<html lang="de">' in text(page)
        assert page["Content-Language"] == "de"
        assert {"Accept-Language", "Cookie"} <= {name.strip() for name in page["Vary"].split(",")}
        assert '<html lang="en">' in text(client.get(path))

    @pytest.mark.parametrize("wanted", ["en-GB", "fr", "xx", "", "de;q=abc"])
    def test_whoever_asks_for_another_language_gets_english(self, client, study, wanted):
        assert "Who runs it" in text(client.get("/", headers={"Accept-Language": wanted}))

    def test_the_start_is_german_and_counts_in_german(self, client, make_photo):
        make_photo(1)
        assert "1 Foto wartet auf Sie" in text(client.get("/", headers=GERMAN))
        make_photo(2)
        page = text(client.get("/", headers=GERMAN))
        assert "2 Fotos warten auf Sie" in page
        assert "Who runs" not in page

    def test_the_text_of_consent_stays_as_the_researcher_wrote_it(self, client, study):
        page = text(client.get("/play/default/consent/", headers=GERMAN))
        assert study.texts.consent_paragraphs[0].split(".")[0] in page
        assert "Ich stimme zu" in page

    def test_a_failure_is_told_in_german(self, db, monkeypatch):
        def fail(*args, **kwargs):
            raise RuntimeError

        monkeypatch.setattr("webapp.studies.models.Study.objects.filter", fail)
        page = Client(raise_request_exception=False).get("/", headers=GERMAN)
        assert page.status_code == 500
        assert "Etwas ist kaputtgegangen" in text(page)
        assert '<html lang="de">' in text(page)

    def test_what_is_for_researchers_is_marked_as_english(self, researcher, built):
        assert '<html lang="en">' in text(researcher.get("/desk/", headers=GERMAN))


class TestTheChoice:
    def test_it_goes_before_what_the_browser_asks_for_and_stays(self, study):
        client = Client(enforce_csrf_checks=True)
        answer = choose(client, "de", after="/credits/")
        assert (answer.status_code, answer["Location"]) == (302, "/credits/")
        cookie = client.cookies["django_language"]
        assert cookie["max-age"] > 180 * 24 * 3600
        assert cookie["httponly"]
        assert "Bildnachweise" in text(client.get("/credits/", headers={"Accept-Language": "en"}))
        choose(client, "en")
        assert "Photo credits" in text(client.get("/credits/", headers=GERMAN))

    def test_it_stands_on_the_pages_in_the_languages_own_names(self, client, study):
        page = text(client.get("/", headers=GERMAN))
        buttons = re.findall(r'<button[^>]*name="language" value="(\w+)" lang="\1"([^>]*)>(\w+)</button>', page)
        assert buttons == [("en", "", "English"), ("de", ' aria-current="true"', "Deutsch")]

    def test_it_leads_to_no_other_site(self, study):
        assert choose(Client(enforce_csrf_checks=True), "de", after="https://example.org/")["Location"] == "/"

    def test_a_language_that_the_site_does_not_speak_changes_nothing(self, study):
        client = Client(enforce_csrf_checks=True)
        choose(client, "tlh")
        assert "Photo credits" in text(client.get("/credits/"))

    def test_without_its_token_it_is_refused(self, study):
        assert Client(enforce_csrf_checks=True).post("/language/", {"language": "de"}).status_code == 403


class TestTheApi:
    def test_it_refuses_in_the_language_of_the_request(self, stranger, photo):
        german = stranger.get("/api/studies/default/next/", headers=GERMAN).json()["error"]
        english = stranger.get("/api/studies/default/next/").json()["error"]
        assert german == {**english, "message": "Nehmen Sie zuerst an der Studie teil."}
        assert english["message"] == "Join the study first."

    def test_what_the_worker_wrote_is_told_in_the_language_of_the_request(self, player, photo, played, study):
        study.allow_downloads = True
        study.save()
        player.send(photo, played)
        episode = Episode.objects.get()
        Download.objects.create(episode=episode, format="jpeg", state="failed", reason=_CRASHED, asked=episode.started)
        address = f"/api/episodes/{episode.pk}/downloads/"
        assert player.get(address).json()["downloads"][0]["reason"] == _CRASHED
        german = player.get(address, headers=GERMAN).json()["downloads"][0]["reason"]
        assert german.startswith("Das Foto ist zu viel für diesen Server")

    def test_a_download_that_did_not_fail_has_no_reason(self, player, photo, played, study):
        study.allow_downloads = True
        study.save()
        player.send(photo, played)
        episode = Episode.objects.get()
        Download.objects.create(episode=episode, format="jpeg", state="queued", asked=episode.started)
        answer = player.get(f"/api/episodes/{episode.pk}/downloads/", headers=GERMAN)
        assert answer.json()["downloads"][0]["reason"] == ""


class TestTheCatalogue:
    """The texts of the programs in the browser: a script before the program's own."""

    def address(self, player):
        page = text(player.get("/play/default/", headers=GERMAN))
        found = re.search(r'<script src="(/texts/de/\w+\.js)"></script>\s*<script type="module"', page)
        assert found is not None, page
        return found[1]

    def test_it_holds_the_texts_of_the_game_alone(self, player, built):
        script = player.get(self.address(player))
        assert script["Content-Type"].startswith("text/javascript")
        catalogue = json.loads(re.search(r"newcatalog = (\{.*?\n  \});", text(script), re.S)[1])
        assert catalogue["Exposure"] == "Belichtung"
        assert catalogue["%(count)s step left"] == ["noch %(count)s Schritt", "noch %(count)s Schritte"]
        assert "Bring out the picture" not in catalogue

    def test_a_browser_may_keep_it_for_good_and_a_new_version_has_a_new_address(self, player, built):
        address = self.address(player)
        assert "immutable" in player.get(address)["Cache-Control"]
        old = re.sub(r"\w+\.js$", "0123456789ab.js", address)
        assert player.get(old)["Cache-Control"] == "no-store"
        assert player.get(old).content == player.get(address).content

    def test_it_travels_compressed(self, player, built):
        script = player.get(self.address(player), headers={"Accept-Encoding": "gzip"})
        assert script["Content-Encoding"] == "gzip"
        assert len(script.content) < 20_000

    def test_an_english_page_needs_none(self, player, built):
        assert "/texts/" not in text(player.get("/play/default/"))

    def test_of_another_language_there_is_none(self, client, db):
        assert client.get("/texts/fr/0123456789ab.js").content == b""
