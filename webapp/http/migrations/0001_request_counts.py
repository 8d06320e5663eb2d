"""The table of counted requests: lost with a crash, when all begin anew, and written without a log for that."""

from typing import ClassVar

from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True
    dependencies: ClassVar = []

    operations: ClassVar = [
        migrations.CreateModel(
            name="RequestCount",
            fields=[
                ("key", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("began_at", models.DateTimeField(help_text="When the window began.")),
                ("count", models.PositiveIntegerField()),
            ],
            options={"ordering": ["key"]},
        ),
        migrations.RunSQL("ALTER TABLE http_requestcount SET UNLOGGED", migrations.RunSQL.noop),
    ]
