from django.db import migrations

REFUSE = """
CREATE FUNCTION refuse_change_of_consent() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'consents are only ever added, never changed';
END
$$;
CREATE TRIGGER consents_are_never_changed BEFORE UPDATE ON studies_consent
    FOR EACH ROW EXECUTE FUNCTION refuse_change_of_consent();
"""
ALLOW = """
DROP TRIGGER consents_are_never_changed ON studies_consent;
DROP FUNCTION refuse_change_of_consent();
"""


class Migration(migrations.Migration):
    dependencies = [("studies", "0005_consent_and_tutorial")]
    operations = [migrations.RunSQL(REFUSE, ALLOW)]
