from django.db import migrations

REFUSE = """
CREATE FUNCTION refuse_change_of_event() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'events are only ever added, never changed';
END
$$;
CREATE TRIGGER events_are_never_changed BEFORE UPDATE ON games_event
    FOR EACH ROW EXECUTE FUNCTION refuse_change_of_event();
"""
ALLOW = """
DROP TRIGGER events_are_never_changed ON games_event;
DROP FUNCTION refuse_change_of_event();
"""


class Migration(migrations.Migration):
    dependencies = [("games", "0001_initial")]
    operations = [migrations.RunSQL(REFUSE, ALLOW)]
