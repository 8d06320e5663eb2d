"""What is due to whom, on the desk."""

from decimal import Decimal

import pytest

from tests.webapp.desk.populating import add_people, add_photos
from tests.webapp.desk.test_studies import post, text
from webapp.desk.progress import progress_of
from webapp.recruiting.models import Payment
from webapp.studies.models import Study

PAYMENTS = "/desk/studies/default/payments/"


@pytest.fixture
def recruited(study):
    """A study that pays; five people of a recruiter, of whom three have done all."""
    study.entry_parameter, study.reward, study.currency = "PROLIFIC_PID", Decimal("4.50"), "GBP"
    study.episodes_per_photo = 10
    study.save()
    add_people(study, add_photos(study, 10), 5)
    return study


def test_who_has_done_all_is_to_be_paid_and_is_paid(editor, recruited):
    page = text(editor.get(PAYMENTS))
    assert page.count("4.50 GBP") == 3
    keys = [payment.pk for payment in Payment.objects.all()]
    assert post(editor, f"{PAYMENTS}paid/", payment=[*keys[:2], "x", "99999"]).status_code == 302
    assert Payment.objects.exclude(paid=None).count() == 2
    assert progress_of(recruited).funnel[-1].count == 2
    assert "took down as paid 2 payments" in text(editor.get("/desk/studies/default/log/"))


def test_a_bonus_is_set_and_taken_along_as_a_file(editor, recruited):
    address = "/desk/studies/default/people/quiet-heron-00001/bonus/"
    assert post(editor, address, amount="1,50").status_code == 302
    assert "bonus 1.50 GBP: due" in text(editor.get("/desk/studies/default/people/quiet-heron-00001/"))
    assert editor.get(f"{PAYMENTS}bonuses.csv").content.decode().strip().endswith(",1.50")


def test_what_is_no_amount_is_refused(editor, recruited):
    for amount, said in (("much", "Type an amount"), ("-1", "no amount"), ("1.234", "no amount")):
        answer = post(editor, "/desk/studies/default/people/quiet-heron-00001/bonus/", amount=amount)
        assert answer.status_code == 400
        assert said in text(answer)
        assert not Payment.objects.filter(purpose="bonus").exists()


def test_viewers_see_no_payments(viewer, recruited):
    assert viewer.get(PAYMENTS).status_code == 403
    assert "bonus" not in text(viewer.get("/desk/studies/default/people/quiet-heron-00001/"))


def test_what_prolific_says_no_to_is_said(editor, recruited, monkeypatch):
    from webapp.desk import payments
    from webapp.recruiting.prolific import ProlificError

    def refuse(submissions):
        raise ProlificError("Prolific does not answer.")

    monkeypatch.setattr(payments, "approve", refuse)
    Study.objects.update(prolific_study="1234567890abcdef12345678")
    answer = post(editor, f"{PAYMENTS}approve/")
    assert answer.status_code == 502
    assert "Prolific does not answer." in text(answer)
