"""/healthz"""

from django.db import OperationalError


def test_it_works(client, db, settings):
    settings.DATA_DIR.mkdir()
    response = client.get("/healthz")
    assert (response.status_code, response.content) == (200, b"ok\n")


def test_without_postgres_the_site_is_not_well(client, db, monkeypatch):
    def fail():
        raise OperationalError("gone")

    with monkeypatch.context() as patch:
        patch.setattr("webapp.http.database_unavailable.connection.cursor", fail)
        assert client.get("/healthz").status_code == 503
