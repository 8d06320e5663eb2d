from django.db import migrations

# At the retention date what somebody was shown points to a participant who is nobody; all else stays as it is.
ALLOW = """
CREATE FUNCTION refuse_change_of_showing() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF to_jsonb(NEW) - 'participant_id' = to_jsonb(OLD) - 'participant_id' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'judgements, and what was shown, are only ever added, never changed';
END
$$;
DROP TRIGGER showings_are_never_changed ON ratings_showing;
CREATE TRIGGER showings_are_never_changed BEFORE UPDATE ON ratings_showing
    FOR EACH ROW EXECUTE FUNCTION refuse_change_of_showing();
"""
REFUSE = """
DROP TRIGGER showings_are_never_changed ON ratings_showing;
CREATE TRIGGER showings_are_never_changed BEFORE UPDATE ON ratings_showing
    FOR EACH ROW EXECUTE FUNCTION refuse_change_of_judgement();
DROP FUNCTION refuse_change_of_showing();
"""


class Migration(migrations.Migration):
    dependencies = [("ratings", "0003_judgements_beside_play")]
    operations = [migrations.RunSQL(ALLOW, REFUSE)]
