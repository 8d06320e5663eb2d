import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("studies", "0014_payment_and_prolific"),
        ("recruiting", "0002_ids_of_who_has_withdrawn"),
    ]

    operations = [
        migrations.AlterField(
            model_name="identity",
            name="participation",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.CASCADE, related_name="identity", to="studies.participation"
            ),
        ),
    ]
