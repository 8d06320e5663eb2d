"""Studies that have our text of consent, word for word, get the one that says that published copies cannot be recalled.

Those that people have joined ask them again.
"""

import hashlib
from typing import Any

from django.db import migrations

from webapp.studies.texts import default_consent_text

_BEFORE = "f0840580f61ee1b215f2e29f1fbc5f04a97ae8a2221fcb8f90d23242c502baaf"


def tell_of_copies(apps: Any, schema_editor: Any) -> None:
    for study in apps.get_model("studies", "Study").objects.all():
        if hashlib.sha256(study.consent_text.encode()).hexdigest() == _BEFORE:
            study.consent_text = default_consent_text()
            study.consent_version += 1
            study.save(update_fields=["consent_text", "consent_version"])


class Migration(migrations.Migration):
    dependencies = [
        ("studies", "0021_attention_rules"),
    ]

    operations = [
        migrations.RunPython(tell_of_copies, migrations.RunPython.noop),
    ]
