from datetime import timedelta

from django.db import migrations
from django.utils import timezone


def move_to_payments(apps, schema_editor):
    """Who had completed and withdrew stood alone among the identities, to be paid: they are payments now."""
    identities = apps.get_model("studies", "Identity").objects.filter(participation=None)
    payments = apps.get_model("recruiting", "Payment").objects
    now = timezone.now()
    for identity in identities.select_related("study"):
        payments.create(
            study=identity.study,
            platform_id=identity.platform_id,
            currency=identity.study.currency,
            since=identity.arrived,
            deadline=now + timedelta(days=identity.study.payment_days),
        )
    identities.delete()


def move_back(apps, schema_editor):
    """Let those who have withdrawn stand alone again."""
    payments = apps.get_model("recruiting", "Payment").objects.filter(participation=None, purpose="reward")
    identities = apps.get_model("studies", "Identity").objects
    for payment in payments.exclude(platform_id=""):
        identities.get_or_create(study_id=payment.study_id, platform_id=payment.platform_id)
    payments.delete()


class Migration(migrations.Migration):

    dependencies = [("recruiting", "0001_submissions_and_payments")]

    operations = [migrations.RunPython(move_to_payments, move_back)]
