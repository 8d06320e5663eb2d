"""A participant has a pseudonym in each study, and a turn; participations of before keep what exports have called them."""

from django.db import migrations, models

import webapp.participants.pseudonyms

# All at once: between two operations Django makes models anew, and the lock of the first would be held meanwhile.
FORWARDS = """
ALTER TABLE studies_participation
    ADD COLUMN pseudonym varchar(200) DEFAULT '' NOT NULL,
    ADD COLUMN turn integer NULL CHECK (turn >= 0),
    ADD COLUMN anonymised timestamp with time zone NULL;
ALTER TABLE studies_participation ALTER COLUMN pseudonym DROP DEFAULT;
UPDATE studies_participation AS participation
SET pseudonym = participant.pseudonym, turn = numbered.turn
FROM participants_participant AS participant, (
    SELECT id, row_number() OVER (PARTITION BY study_id, condition, preview ORDER BY id) - 1 AS turn
    FROM studies_participation
) AS numbered
WHERE participant.id = participation.participant_id AND numbered.id = participation.id;
CREATE UNIQUE INDEX pseudonym_once_in_a_study ON studies_participation (study_id, pseudonym);
"""
BACKWARDS = """
DROP INDEX pseudonym_once_in_a_study;
ALTER TABLE studies_participation DROP COLUMN pseudonym, DROP COLUMN turn, DROP COLUMN anonymised;
"""


class Migration(migrations.Migration):

    dependencies = [
        ("studies", "0017_desk"),
    ]

    operations = [
        migrations.AddField(
            model_name="withdrawal",
            name="participant_digest",
            field=models.CharField(blank=True, max_length=64),
        ),
        migrations.AlterField(
            model_name="study",
            name="retention_date",
            field=models.DateField(
                blank=True,
                help_text="from which nothing leads from the data to a person any more, whatever state the study is in: "
                "who people are at the recruiter is forgotten, and their browsers are not known again. What they did "
                "stays under its pseudonyms, and nobody can withdraw it after that",
                null=True,
            ),
        ),
        migrations.RunSQL(
            FORWARDS,
            BACKWARDS,
            state_operations=[
                migrations.AddField(
                    model_name="participation",
                    name="pseudonym",
                    field=models.CharField(
                        default=webapp.participants.pseudonyms.new_pseudonym,
                        help_text="in this study: what else they take part in has another",
                        max_length=200,
                    ),
                ),
                migrations.AddField(
                    model_name="participation",
                    name="turn",
                    field=models.PositiveIntegerField(
                        help_text="their number among those who have joined, by which a balanced order begins elsewhere",
                        null=True,
                    ),
                ),
                migrations.AddField(
                    model_name="participation",
                    name="anonymised",
                    field=models.DateTimeField(
                        help_text="when the retention date had come, and nothing led from it to the person any more",
                        null=True,
                    ),
                ),
                migrations.AddConstraint(
                    model_name="participation",
                    constraint=models.UniqueConstraint("study", "pseudonym", name="pseudonym_once_in_a_study"),
                ),
            ],
        ),
    ]
