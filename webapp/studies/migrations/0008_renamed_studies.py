import django.db.models.deletion
from django.db import migrations, models


def seed_by_slug(apps, schema_editor):
    """Players' orders of photos stay as they were: until now they were drawn from the slug."""
    apps.get_model("studies", "Study").objects.update(seed=models.F("slug"))


class Migration(migrations.Migration):

    dependencies = [
        ('studies', '0007_agent_of_the_reveal'),
    ]

    operations = [
        migrations.AddField(
            model_name='study',
            name='seed',
            field=models.CharField(default='', editable=False, max_length=50),
            preserve_default=False,
        ),
        migrations.RunPython(seed_by_slug, migrations.RunPython.noop),
        migrations.AlterField(
            model_name='study',
            name='slug',
            field=models.SlugField(help_text='its place in addresses. Renamed, it is found under the former one too', unique=True),
        ),
        migrations.CreateModel(
            name='FormerSlug',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('slug', models.SlugField(unique=True)),
                ('since', models.DateTimeField(auto_now_add=True, help_text='when the study was renamed')),
                ('study', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='former_slugs', to='studies.study')),
            ],
            options={
                'ordering': ['slug'],
            },
        ),
    ]
