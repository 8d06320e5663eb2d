from django.db import migrations


def make_default_study(apps, schema_editor):
    study = apps.get_model("studies", "Study")
    study.objects.get_or_create(slug="default", defaults={"title": "Open study"})


class Migration(migrations.Migration):
    dependencies = [("studies", "0001_initial")]
    operations = [migrations.RunPython(make_default_study, migrations.RunPython.noop)]
