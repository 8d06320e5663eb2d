from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("photos", "0004_reads_otherwise")]

    operations = [
        migrations.AddField(
            "photo",
            "large_preview_sha256",
            models.CharField(
                blank=True,
                default="",
                help_text="of the larger preview for sharp screens, packed; empty where none is",
                max_length=64,
            ),
            preserve_default=False,
        ),
    ]
