from django.db import migrations

REFUSE = """
CREATE FUNCTION refuse_change_of_answers() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'answers are only ever added, never changed';
END
$$;
CREATE TRIGGER answers_are_never_changed BEFORE UPDATE ON questionnaires_answers
    FOR EACH ROW EXECUTE FUNCTION refuse_change_of_answers();
"""
ALLOW = """
DROP TRIGGER answers_are_never_changed ON questionnaires_answers;
DROP FUNCTION refuse_change_of_answers();
"""


class Migration(migrations.Migration):
    dependencies = [("questionnaires", "0001_initial")]
    operations = [migrations.RunSQL(REFUSE, ALLOW)]
