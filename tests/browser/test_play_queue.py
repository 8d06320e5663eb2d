"""What the player did reaches the server, once: whatever happens to the page, the connection and the session.

What `frontend/tests/outbox.test.ts` and `store.test.ts` hold without a browser is `long` here.
"""

import json
import re
from collections.abc import Callable
from contextlib import suppress

import pytest
from playwright.sync_api import BrowserContext, Error, Page, Request, Route, expect

from editing.game import rules
from tests.browser.player import Person
from tests.browser.sending import Sending
from webapp.games.models import Episode, Event
from webapp.participants.models import Participant
from webapp.photos.models import Photo
from webapp.studies.models import Study

MakePhoto = Callable[..., Photo]

STATUS = "header [role=status]"

KEPT = """() => new Promise((resolve) => {
    indexedDB.open("safelight").onsuccess = ({ target: { result: database } }) => {
        database.transaction("parcels").objectStore("parcels").getAll().onsuccess = ({ target }) => {
            database.close();
            resolve(target.result.map(({ event, refused }) => [event.kind, refused ?? null]));
        };
    };
})"""
FORGET_THE_TICKET = """() => new Promise((resolve) => {
    indexedDB.open("safelight").onsuccess = ({ target: { result: database } }) => {
        const transaction = database.transaction("tickets", "readwrite");
        transaction.objectStore("tickets").clear();
        transaction.oncomplete = () => { database.close(); resolve(); };
    };
})"""
FIRST_SCHEMA = """async () => {
    const found = await indexedDB.databases();
    if (found.length > 0) return;
    await new Promise((resolve) => {
        const request = indexedDB.open("safelight", 1);
        request.onupgradeneeded = () => {
            const store = request.result.createObjectStore("parcels", { autoIncrement: true });
            store.createIndex("id", "id", { unique: true });
        };
        request.onsuccess = () => { request.result.close(); resolve(); };
    });
}"""


def kinds() -> list[str]:
    """What the server has of the one episode, less what depends on the machine; numbered without a gap."""
    events = Episode.objects.get().replayable_events()
    assert [event.seq for event in events] == list(range(len(events)))
    return [event.kind for event in events if event.kind not in ("view", "blur", "focus")]


def kept(page: Page) -> list[tuple[str, str | None]]:
    """What waits in the browser: the kind of each action, and why it was set aside."""
    return [tuple(row) for row in page.evaluate(KEPT) if row[0] not in ("view", "blur", "focus")]


def new_window(person: Person, context: BrowserContext) -> Person:
    """The same person with a further window of the same browser."""
    return Person(context.new_page(), person.address)


def refusal(code: str) -> str:
    return json.dumps({"error": {"code": code, "message": "A wrong setting.", "seq": None}})


def begin_a_drag(person: Person) -> None:
    """Move a slider, and keep it held."""
    box = person.slider("ev").bounding_box()
    assert box is not None
    person.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    person.page.mouse.down()
    person.page.mouse.move(box["x"] + box["width"] * 0.8, box["y"] + box["height"] / 2, steps=4)


def crash(page: Page) -> None:
    """Kill the page's process: nothing of it runs any more."""
    with page.expect_event("crash"), suppress(Error):
        page.goto("chrome://crash")


def test_page_closed_in_mid_drag_keeps_the_drag_and_leaves_the_turn_to_the_next_window(
    person: Person, make_photo: MakePhoto, context: BrowserContext
) -> None:
    make_photo()
    person.arrive()
    person.press("1")
    begin_a_drag(person)
    person.page.close(run_before_unload=True)
    later = new_window(person, context)
    later.arrive()
    assert kinds() == ["start", "choose", "adjust", "resume"]
    assert rules.replay(Episode.objects.get().replayable_events()).steps[0].parameters["ev"] > 1


def test_page_killed_in_mid_drag_keeps_all_but_the_drag(
    person: Person, make_photo: MakePhoto, context: BrowserContext
) -> None:
    make_photo()
    sending = Sending(person.page)
    person.arrive()
    sending.meets(Route.abort)
    person.press("1")
    begin_a_drag(person)
    crash(person.page)
    later = new_window(person, context)
    later.arrive()
    assert kinds() == ["start", "choose", "resume"]
    assert kept(later.page) == []


def test_ten_minutes_offline_lose_nothing(person: Person, make_photo: MakePhoto, context: BrowserContext) -> None:
    make_photo()
    clock = person.page.clock
    clock.install()
    person.arrive()
    context.set_offline(True)
    person.press("1")
    person.drag("ev", 0.5, 0.8)
    expect(person.page.locator(STATUS)).to_contain_text("offline: 2 waiting")
    clock.fast_forward("10:00")
    person.press("2", "Control+z")
    person.hand_in()
    expect(person.notice()).to_contain_text("You are offline. It is kept in this browser")
    context.set_offline(False)
    expect(person.notice()).to_contain_text("That was the last photo")
    assert kinds() == ["start", "choose", "adjust", "goto", "choose", "undo", "submit"]
    assert Event.objects.get(kind="submit").ms >= 10 * 60 * 1000


def test_a_lost_answer_a_session_that_has_ended_and_a_study_that_is_renamed_neither_lose_nor_double_an_action(
    person: Person, make_photo: MakePhoto, context: BrowserContext
) -> None:
    make_photo()
    study = Study.objects.get()
    study.slug = "first-name"
    study.save()
    person.address = person.address.replace("/default/", "/first-name/")
    sending = Sending(person.page)
    person.arrive()
    lost: list[Request] = []

    def lose(route: Route) -> None:
        sending.meets(None)
        route.fetch()
        lost.append(route.request)
        route.abort()

    sending.meets(lose)
    with person.page.expect_event("requestfailed"):
        person.press("1")
    person.wait_until_saved()
    assert len(lost) == 1
    assert kinds() == ["start", "choose"]

    context.clear_cookies()
    person.drag("ev", 0.5, 0.8)
    person.wait_until_saved()
    assert kinds() == ["start", "choose", "adjust"]

    sending.meets(lambda route: route.fulfill(status=404, body=refusal("not_found")))
    person.press("2")
    expect(person.page.locator(STATUS)).to_contain_text(re.compile("kept in this browser|does not answer"))
    study.slug = "second-name"
    study.save()
    context.clear_cookies()
    sending.meets(None)
    person.arrive()
    assert person.page.url.endswith("/play/second-name/")
    assert kinds() == ["start", "choose", "adjust", "goto", "choose", "resume"]
    assert kept(person.page) == []
    person.hand_in()
    expect(person.notice()).to_contain_text("That was the last photo")
    assert Episode.objects.get().status == "submitted"
    assert Participant.objects.count() == 1


def test_play_of_another_player_is_kept_told_and_sent_when_they_come_back(
    person: Person, make_photo: MakePhoto, context: BrowserContext
) -> None:
    make_photo()
    person.arrive()
    session = [cookie for cookie in context.cookies() if cookie["name"] == "sessionid"]
    person.page.evaluate(FORGET_THE_TICKET)
    context.clear_cookies(name="sessionid")
    person.press("1")
    expect(person.notice()).to_contain_text("Your visit has ended")
    person.button("Join again").click()
    expect(person.notice()).to_contain_text("1 action was made as another player")
    person.button("Play on").click()
    person.wait_for_photo()
    assert kept(person.page) == [("choose", "another_player")]
    assert Episode.objects.count() == 2
    person.page.reload()
    person.wait_for_photo()

    first = Episode.objects.earliest("started")
    context.add_cookies(session)
    person.page.reload()
    person.wait_for_photo()
    assert [event.kind for event in first.replayable_events() if event.kind in ("start", "choose")] == [
        "start",
        "choose",
    ]
    assert kept(person.page) == []


@pytest.mark.long
def test_play_that_an_older_contract_has_left_is_kept_and_told(
    person: Person, make_photo: MakePhoto, context: BrowserContext
) -> None:
    make_photo()
    sending = Sending(person.page)
    person.arrive()
    sending.meets(Route.abort)
    person.press("1")
    expect(person.page.locator(STATUS)).to_contain_text("1 waiting")
    # Closed, it would send as its last what no longer meets anything.
    crash(person.page)
    later = new_window(person, context)
    of_later = Sending(later.page)

    def age(route: Route) -> None:
        of_later.meets(None)
        body = json.loads(route.request.post_data or "")
        for event in body["events"]:
            event["contract_version"] = 0
        route.continue_(post_data=json.dumps(body))

    of_later.meets(age)
    later.page.goto(later.address)
    expect(later.notice()).to_contain_text("1 action was not accepted")
    later.button("Play on").click()
    later.wait_for_photo()
    assert [kind for kind, _ in kept(later.page)] == ["choose"]
    assert kept(later.page)[0][1] == "stale_contract"


def test_tab_of_an_older_version_says_so_and_what_waited_in_it_is_kept(
    person: Person, make_photo: MakePhoto, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The site is brought up to date, with new filters, under a page that is open and off the network."""
    make_photo()

    def older(route: Route) -> None:
        program = route.fetch()
        of_today = r"(?<=\{)version:1,known_versions:\[1\](?=,maximum_steps)"
        body, count = re.subn(of_today, "version:0,known_versions:[0]", program.text())
        assert count == 1
        # On a server its name is of its content; here it is the same, and the browser may not keep the older one.
        route.fulfill(body=body, headers={"Content-Type": "text/javascript", "Cache-Control": "no-store"})

    person.page.route(re.compile(r"/play(\.\w+)?\.js"), older)
    sending = Sending(person.page)
    with monkeypatch.context() as before:
        for module in ("filters", "rules"):
            before.setattr(f"editing.game.{module}.VERSION", 0)
        person.arrive()
        person.press("1")
        person.wait_until_saved()
        sending.meets(Route.abort)
        person.press("ArrowRight")
        expect(person.page.locator(STATUS)).to_contain_text("waiting")
    sending.meets(None)
    expect(person.notice()).to_contain_text("The game has been updated")
    waited = kept(person.page)
    assert [reason for _, reason in waited] == ["stale_contract"]
    assert kinds() == ["start", "choose"]
    person.page.unroute_all()
    person.button("Load again").click()
    person.wait_for_photo()
    assert kept(person.page) == waited
    person.press("1")
    person.wait_until_saved()
    assert kept(person.page) == waited
    assert set(Episode.objects.values_list("contract_version", "status")) == {(0, "abandoned"), (1, "open")}


@pytest.mark.long
def test_store_of_an_older_version_is_taken_over(person: Person, make_photo: MakePhoto) -> None:
    make_photo()
    person.page.goto(person.address.replace("/play/default/", "/credits/"))
    person.page.evaluate(FIRST_SCHEMA)
    person.arrive()
    person.press("1")
    person.wait_until_saved()
    assert kinds() == ["start", "choose"]
    assert kept(person.page) == []
    versions = "async () => (await indexedDB.databases()).map(({ version }) => version)"
    assert person.page.evaluate(versions) == [2]


def test_store_of_a_newer_version_asks_to_load_again(person: Person, make_photo: MakePhoto) -> None:
    make_photo()
    person.page.goto(person.address.replace("/play/default/", "/credits/"))
    person.page.evaluate(FIRST_SCHEMA.replace('"safelight", 1', '"safelight", 99'))
    person.page.goto(person.address)
    expect(person.notice()).to_contain_text("The game has been updated")


@pytest.mark.long
def test_old_window_that_keeps_the_store_is_asked_for(
    person: Person, make_photo: MakePhoto, context: BrowserContext
) -> None:
    make_photo()
    person.page.goto(person.address.replace("/play/default/", "/credits/"))
    person.page.evaluate(FIRST_SCHEMA.replace("request.result.close()", "window.held = request.result"))
    later = new_window(person, context)
    later.page.goto(later.address)
    expect(later.notice()).to_contain_text("Please close that one")
    person.page.close()
    later.wait_for_photo()


def test_one_window_plays_and_another_takes_over_with_all_that_was_done(
    person: Person, make_photo: MakePhoto, context: BrowserContext
) -> None:
    make_photo()
    sending = Sending(person.page)
    person.arrive()
    sending.meets(Route.abort)
    person.press("1")
    begin_a_drag(person)
    other = new_window(person, context)
    other.page.goto(other.address)
    expect(other.notice()).to_contain_text("You are playing in another window")
    other.button("Play here").click()
    other.wait_for_photo()
    expect(person.notice()).to_contain_text("You are playing in another window")
    assert kinds() == ["start", "choose", "adjust", "resume"]
    other.press("2")
    other.wait_until_saved()

    sending.meets(None)
    person.button("Play here").click()
    person.wait_for_photo()
    expect(other.notice()).to_contain_text("You are playing in another window")
    assert len(person.steps_shown()) == 2
    person.press("Control+z")
    person.wait_until_saved()
    assert kinds() == ["start", "choose", "adjust", "resume", "goto", "choose", "resume", "undo"]
    assert kept(person.page) == []


@pytest.mark.long
def test_window_that_does_not_answer_gives_way(person: Person, make_photo: MakePhoto, context: BrowserContext) -> None:
    make_photo()
    person.arrive()
    person.press("1")
    person.wait_until_saved()
    other = new_window(person, context)
    other.page.add_init_script("BroadcastChannel.prototype.postMessage = () => undefined")
    other.page.goto(other.address)
    other.button("Play here").click()
    other.wait_for_photo()
    expect(person.notice()).to_contain_text("You are playing in another window")
    assert kinds() == ["start", "choose", "resume"]


@pytest.mark.long
def test_browser_that_keeps_nothing_says_so_and_plays(
    person: Person, make_photo: MakePhoto, context: BrowserContext
) -> None:
    make_photo()
    context.add_init_script("Object.defineProperty(window, 'indexedDB', { get() { throw new Error('no'); } })")
    person.arrive()
    note = person.page.locator(".memory-note")
    expect(note).to_contain_text("This browser cannot store anything")
    person.button("I see").click()
    expect(note).to_have_count(0)
    person.press("1")
    person.wait_until_saved()
    assert kinds() == ["start", "choose"]


@pytest.mark.long
def test_full_storage_is_told_and_what_was_done_is_sent(
    person: Person, make_photo: MakePhoto, context: BrowserContext
) -> None:
    make_photo()
    context.add_init_script("""
        IDBObjectStore.prototype.add = () => { throw new DOMException("full", "QuotaExceededError"); };
    """)
    person.arrive()
    expect(person.page.locator(".memory-note")).to_contain_text("when its storage is full")
    person.press("1")
    person.wait_until_saved()
    assert kinds() == ["start", "choose"]


# One that is in the API's own form, one that is not; frontend/tests has each of either.
MISTAKES = {
    "an address that is not allowed": (400, "application/json", refusal("malformed")),
    "a proxy without a server": (502, "text/html", "<h1>Bad Gateway</h1>"),
}


@pytest.mark.long
@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_passing_mistake_of_the_server_costs_no_action(person: Person, make_photo: MakePhoto, mistake: str) -> None:
    status, content_type, body = MISTAKES[mistake]
    make_photo()
    sending = Sending(person.page)
    person.arrive()
    sending.meets(lambda route: route.fulfill(status=status, content_type=content_type, body=body))
    person.press("1")
    expect(person.page.locator(STATUS)).to_contain_text(re.compile("kept in this browser|does not answer"))
    assert [code for _, code in kept(person.page)] == [None], "nothing is set aside"
    sending.meets(None)
    person.arrive()
    person.wait_until_saved()
    assert kinds() == ["start", "choose", "resume"]
    assert kept(person.page) == []
