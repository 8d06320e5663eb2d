"""Studies that have our text of consent, word for word, get the one that tells of gestures: all are asked again."""

import hashlib
from typing import Any

from django.db import migrations

from webapp.studies.texts import default_consent_text

_BEFORE = "efd3707b8d16a4a30d56e0833b1a8865ed9b10d788c35fe19fae9831159b1f74"


def tell_of_gestures(apps: Any, schema_editor: Any) -> None:
    for study in apps.get_model("studies", "Study").objects.all():
        if hashlib.sha256(study.consent_text.encode()).hexdigest() == _BEFORE:
            study.consent_text = default_consent_text()
            study.consent_version += 1
            study.save(update_fields=["consent_text", "consent_version"])


class Migration(migrations.Migration):
    dependencies = [
        ("studies", "0012_leases"),
    ]

    operations = [
        migrations.RunPython(tell_of_gestures, migrations.RunPython.noop),
    ]
