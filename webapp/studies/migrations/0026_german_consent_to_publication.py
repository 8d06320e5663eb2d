"""Studies whose participants have agreed to our text in German ask them again.

It says now, as the English one does, that published copies cannot be recalled, and that the names there are others.
"""

from typing import Any

from django.db import migrations
from django.db.models import F

_ONLY_BEFORE = "unter den zufälligen Namen veröffentlicht"


def tell_of_copies(apps: Any, schema_editor: Any) -> None:
    study_model = apps.get_model("studies", "Study")
    agreed = apps.get_model("studies", "Consent").objects.filter(language="de", text__contains=_ONLY_BEFORE)
    to_the_last = agreed.filter(version=F("study__consent_version")).values_list("study", flat=True)
    for study in study_model.objects.filter(pk__in=set(to_the_last)):
        if not study.translations.get("de", {}).get("consent_text"):
            study.consent_version += 1
            study.save(update_fields=["consent_version"])


class Migration(migrations.Migration):
    dependencies = [
        ("studies", "0025_study_personal_agents"),
    ]

    operations = [
        migrations.RunPython(tell_of_copies, migrations.RunPython.noop),
    ]
