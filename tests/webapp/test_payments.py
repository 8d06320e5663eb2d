"""What people whom a recruiter sent are to be paid: until it is paid or lapses, and not a day longer."""

import csv
import json
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.utils import timezone

from tests.webapp.conftest import MakeOnce, Player
from tests.webapp.prolific_server import STUDY, TOKEN, Recruiter, running
from tests.webapp.test_recruitment import come, play_all, recruit, text
from tests.webapp.test_withdrawing import tables_with, withdraw
from webapp.participants.models import Participant
from webapp.recruiting.models import Payment
from webapp.recruiting.payments import bonus_file, lapse_payments, mark_paid, payments_of, set_bonus, settle
from webapp.recruiting.prolific import ProlificError, Unclear
from webapp.recruiting.reviewing import pay_bonuses, set_up_bonuses
from webapp.recruiting.submissions import poll
from webapp.studies.leases import accept, reject
from webapp.studies.models import Participation, Study

ANNA, BEN = "5f3c0ffee", "5f3c0bee5"


@pytest.fixture(scope="module")
def paying_once(made_once: MakeOnce) -> Iterator[None]:
    """The recruited study, which pays 4.50 EUR, for all tests."""
    with made_once():
        study = recruit()
        study.change({"reward": "4.50", "currency": "EUR"})
        study.save()
        yield


@pytest.fixture
def paying(paying_once: None, study: Study, built: None) -> Study:
    """That study."""
    return study


@pytest.fixture(scope="class")
def anna_once(made_once: MakeOnce, paying_once: None) -> Iterator[Player]:
    """Anna, who comes and does all, for all tests of a class."""
    with made_once():
        yield complete()


@pytest.fixture
def anna(anna_once: Player, paying: Study) -> Player:
    """Her browser."""
    return anna_once.copy()


def complete(name: str = ANNA) -> Player:
    """Somebody comes and does all."""
    player, _ = come({"PROLIFIC_PID": name, "SESSION_ID": f"sub-{name}"})
    play_all(player)
    return player


def participation(name: str = ANNA) -> Participation:
    return Participation.objects.get(identity__platform_id=name)


def payment(study: Study) -> Payment:
    return payments_of(study).get()


class TestReward:
    def test_it_is_due_to_who_has_done_all(self, anna, paying):
        come({"PROLIFIC_PID": BEN})
        own = payment(paying)
        assert (own.participation, own.sum, own.state) == (participation(), "4.50 EUR", "due")
        assert own.deadline == participation().completed + timedelta(days=60)
        settle(paying)
        assert Payment.objects.count() == 1

    def test_who_is_cut_short_is_paid_too(self, anna, paying):
        Participation.objects.update(completed=None)
        paying.state = "closed"
        paying.save()
        assert payment(paying).state == "due"

    def test_nobody_is_paid_who_came_by_no_recruiter_or_is_none(self, anna, paying):
        Participant.objects.update(kind="robot")
        assert not payments_of(paying).exists()

    def test_it_is_withheld_from_who_is_rejected(self, anna, paying):
        settle(paying)
        reject(participation(), "no effort")
        assert payment(paying).state == "withheld"
        accept(participation())
        assert payment(paying).state == "due"

    def test_once_paid_it_no_longer_knows_for_whom(self, anna, paying):
        assert mark_paid(payments_of(paying)) == 1
        assert payment(paying).state == "paid"
        assert tables_with(ANNA) == ["studies_identity"]
        assert mark_paid(payments_of(paying)) == 0

    def test_it_lapses_at_its_deadline(self, anna, paying):
        settle(paying)
        assert lapse_payments() == 0
        Payment.objects.update(deadline=timezone.now())
        assert payment(paying).state == "lapsed"
        assert lapse_payments() == 1
        assert lapse_payments() == 0
        assert tables_with(ANNA) == ["studies_identity"]

    def test_it_lapses_at_the_end_of_retention_at_the_latest(self, anna, paying):
        paying.retention_date = timezone.now().date()
        paying.save()
        assert lapse_payments() == 1
        assert payment(paying).state == "lapsed"

    def test_ids_that_are_erased_with_the_study_stay_where_they_are_due(self, anna, paying):
        lapse_payments()
        paying.identities.all().delete()
        assert tables_with(ANNA) == ["recruiting_payment"]


class TestWithdrawing:
    def test_what_is_due_stays_due_and_nothing_else(self, anna, paying):
        set_bonus(participation(), Decimal("1.00"))
        withdraw(anna)
        assert tables_with(ANNA) == ["recruiting_payment"]
        assert sorted(own.sum for own in payments_of(paying)) == ["1.00 EUR", "4.50 EUR"]
        assert mark_paid(payments_of(paying)) == 2
        assert tables_with(ANNA) == []
        assert not Payment.objects.exists()

    def test_it_goes_at_its_deadline_too(self, anna, paying):
        withdraw(anna)
        Payment.objects.update(deadline=timezone.now())
        assert lapse_payments() == 1
        assert not Payment.objects.exists()

    def test_what_is_paid_or_withheld_goes_with_them(self, anna, paying):
        mark_paid(payments_of(paying))
        withdraw(anna)
        ben = complete(BEN)
        reject(participation(BEN), "no effort")
        withdraw(ben)
        assert not Payment.objects.exists()

    def test_who_comes_back_under_the_id_is_still_turned_away(self, anna, paying):
        withdraw(anna)
        _, led = come({"PROLIFIC_PID": ANNA})
        assert "have withdrawn" in text(led)


class TestShowing:
    def test_their_own_page_and_file_say_it(self, anna, paying):
        assert "To be paid: 4.50 EUR" in text(anna.get("/play/default/mine/"))
        (own,) = json.loads(anna.get("/play/default/mine.json").content)["payments"]
        assert (own["amount"], own["currency"], own["state"]) == ("4.50", "EUR", "due")
        mark_paid(payments_of(paying))
        assert "Paid: 4.50 EUR" in text(anna.get("/play/default/mine/"))

    def test_receipts_show_amounts_and_states_to_the_owner(self, anna, paying, tmp_path):
        withdraw(complete(BEN))
        set_bonus(participation(), Decimal("0.50"))
        out, path = StringIO(), tmp_path / "payments.csv"
        call_command("receipts", "default", "--payments", str(path), stdout=out)
        assert ", reward, 4.50 EUR, due, bonus, 0.50 EUR, due\n" in out.getvalue()
        assert ANNA not in out.getvalue()
        rows = {row["platform_id"]: row for row in csv.DictReader(StringIO(path.read_text()))}
        assert set(rows) == {ANNA, BEN}
        assert rows[ANNA]["outcome"] == rows[BEN]["outcome"] == "completed"
        assert rows[ANNA]["code"] == rows[BEN]["code"] == "DONE1"
        own = rows[ANNA]
        assert (own["reward"], own["reward_state"], own["bonus"], own["currency"]) == ("4.50", "due", "0.50", "EUR")

    def test_no_export_has_any_of_it(self, anna, paying, tmp_path):
        set_bonus(participation(), Decimal("987.65"))
        call_command("export_dataset", output=tmp_path / "export", study="default", stdout=StringIO())
        content = b"".join(path.read_bytes() for path in (tmp_path / "export").rglob("*") if path.is_file())
        assert ANNA.encode() not in content
        assert b"987.65" not in content


class TestAmount:
    def test_it_is_what_it_was_when_they_joined(self, paying):
        player, _ = come({"PROLIFIC_PID": ANNA})
        paying.change({"reward": "2.00", "currency": "USD"})
        paying.save()
        play_all(player)
        complete(BEN)
        sums = {own.participation: own.sum for own in payments_of(paying)}
        assert sums == {participation(): "4.50 EUR", participation(BEN): "2.00 USD"}

    def test_where_no_amount_is_kept_the_page_says_nothing_of_it(self, paying):
        paying.reward = None
        paying.save()
        assert "paid:" not in text(complete().get("/play/default/mine/"))


class TestBonus:
    def test_the_latest_one_counts_and_nothing_takes_it_back(self, paying):
        come({"PROLIFIC_PID": ANNA})
        for amount in ("1.00", "2.50"):
            set_bonus(participation(), Decimal(amount))
        assert bonus_file(paying) == f"{ANNA},2.50\n"
        set_bonus(participation(), Decimal(0))
        assert bonus_file(paying) == ""

    def test_another_one_can_follow_when_the_first_is_paid(self, paying):
        come({"PROLIFIC_PID": ANNA})
        set_bonus(participation(), Decimal("1.00"))
        mark_paid(payments_of(paying))
        set_bonus(participation(), Decimal("3.00"))
        assert [own.state for own in payments_of(paying)] == ["paid", "due"]

    def test_what_is_no_amount_is_refused(self, paying):
        come({"PROLIFIC_PID": ANNA})
        for amount in ("-1", "1.005", "1000000.00", "NaN", "Infinity", "1e40"):
            with pytest.raises(ValidationError):
                set_bonus(participation(), Decimal(amount))

    def test_they_are_set_and_written_by_the_command(self, paying, tmp_path):
        for name in (ANNA, BEN):
            come({"PROLIFIC_PID": name})
        given, written = tmp_path / "given.csv", tmp_path / "bonuses.csv"
        given.write_text(f"{participation().participant.pseudonym}, 1.5\n{BEN},2\n")
        call_command("payments", "bonus", "default", str(given), stdout=StringIO())
        call_command("payments", "bonus-file", "default", "-o", str(written), stdout=StringIO())
        assert written.read_text() == f"{ANNA},1.50\n{BEN},2.00\n"
        out = StringIO()
        call_command("payments", "list", "default", stdout=out)
        assert "bonus, 2.00 EUR, due, until" in out.getvalue()
        assert BEN not in out.getvalue()
        given.write_text(f"{ANNA}\n")
        call_command("payments", "paid", "default", str(given), stdout=out)
        assert bonus_file(paying) == f"{BEN},2.00\n"

    def test_a_wrong_line_is_named_and_none_is_set(self, paying, tmp_path):
        for name in (ANNA, BEN):
            come({"PROLIFIC_PID": name})
        given = tmp_path / "given.csv"
        for line, problem in (
            ("nobody,1", "line 2: nobody"),
            (BEN, "line 2: an id, a comma"),
            (f"{BEN},much", "line 2: an id"),
            (f"{BEN},-1", "line 2: .* no amount"),
        ):
            given.write_text(f"{ANNA},1\n{line}\n")
            with pytest.raises(CommandError, match=problem):
                call_command("payments", "bonus", "default", str(given), stdout=StringIO())
            assert bonus_file(paying) == ""


class TestAtProlific:
    @pytest.fixture
    def recruiter(self, paying: Study, settings: Any) -> Any:
        with running() as recruiter:
            settings.PROLIFIC_URL, settings.PROLIFIC_TOKEN = recruiter.address, TOKEN
            paying.prolific_study = STUDY
            paying.save()
            yield recruiter

    def give_bonus(self, study: Study, recruiter: Recruiter) -> None:
        come({"PROLIFIC_PID": ANNA})
        recruiter.hand_in(ANNA, "AWAITING REVIEW")
        poll(study)
        set_bonus(participation(), Decimal("1.50"))

    def test_they_are_set_up_by_submission_and_then_paid_once(self, paying, recruiter):
        self.give_bonus(paying, recruiter)
        (batch,) = set_up_bonuses(paying)
        assert (batch.amount, batch.fees, batch.total) == (150, 50, 200)
        assert recruiter.paid == []
        out = StringIO()
        call_command("prolific", "pay-bonuses", "default", stdout=out)
        assert "together 2.00 EUR" in out.getvalue()
        assert recruiter.bonuses["batch-2"] == f"sub-{ANNA},1.50\n"
        assert recruiter.paid == ["batch-2"]
        assert payment(paying).state == "paid"
        with pytest.raises(ProlificError, match="no bonuses"):
            pay_bonuses(paying)

    def test_where_no_answer_comes_they_are_sent_once_until_somebody_has_looked(self, paying, recruiter):
        self.give_bonus(paying, recruiter)
        recruiter.silent = "/pay/"
        with pytest.raises(Unclear, match="look there"):
            pay_bonuses(paying)
        assert payment(paying).state == "sent"
        assert recruiter.paid == ["batch-1"]
        with pytest.raises(ProlificError, match="no bonuses"):
            pay_bonuses(paying)
        with pytest.raises(ValidationError, match="first say"):
            set_bonus(participation(), Decimal("2.00"))
        call_command("payments", "unpaid", "default", stdout=StringIO())
        assert payment(paying).state == "due"

    def test_what_prolific_says_no_to_is_due_again(self, paying, recruiter):
        self.give_bonus(paying, recruiter)
        recruiter.refuses_to_pay = True
        with pytest.raises(ProlificError, match="refused the request"):
            pay_bonuses(paying)
        assert payment(paying).state == "due"

    def test_of_several_studies_there_each_pays_its_own(self, paying, recruiter):
        self.give_bonus(paying, recruiter)
        paying.prolific_study = f"{STUDY},another1"
        paying.save()
        assert len(set_up_bonuses(paying)) == 1
        come({"PROLIFIC_PID": BEN})
        set_bonus(participation(BEN), Decimal("1.00"))
        with pytest.raises(ProlificError, match="run prolific poll first"):
            set_up_bonuses(paying)
