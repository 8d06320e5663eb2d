from django.db import migrations

TABLES = ("showing", "place", "judgement")
REFUSE = """
CREATE FUNCTION refuse_change_of_judgement() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'judgements, and what was shown, are only ever added, never changed';
END
$$;
""" + "".join(
    f"CREATE TRIGGER {table}s_are_never_changed BEFORE UPDATE ON ratings_{table}"
    " FOR EACH ROW EXECUTE FUNCTION refuse_change_of_judgement();\n"
    for table in TABLES
)
ALLOW = "".join(f"DROP TRIGGER {table}s_are_never_changed ON ratings_{table};\n" for table in TABLES) + (
    "DROP FUNCTION refuse_change_of_judgement();"
)


class Migration(migrations.Migration):
    dependencies = [("ratings", "0001_initial")]
    operations = [migrations.RunSQL(REFUSE, ALLOW)]
