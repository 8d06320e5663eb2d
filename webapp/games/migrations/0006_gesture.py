"""Each adjust may say how it was made."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("games", "0005_leases"),
    ]

    operations = [
        migrations.AddField(
            model_name="event",
            name="gesture",
            field=models.JSONField(help_text="of an adjust: how it was made", null=True),
        ),
    ]
