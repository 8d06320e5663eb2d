"""/livez, /readyz and /healthz"""

import pytest
from django.db import OperationalError

ADDRESSES = ("/livez", "/readyz", "/healthz")


@pytest.mark.parametrize("address", ADDRESSES)
def test_it_works(client, db, settings, address):
    settings.DATA_DIR.mkdir()
    response = client.get(address)
    assert (response.status_code, response.content) == (200, b"ok\n")


def test_that_the_site_lives_is_known_without_postgres(client):
    # Without the fixture `db`: any question to Postgres would be an error.
    assert client.get("/livez").status_code == 200


def test_without_postgres_the_site_is_neither_ready_nor_well(client, db, monkeypatch):
    def fail():
        raise OperationalError("gone")

    with monkeypatch.context() as patch:
        patch.setattr("webapp.http.health.connection.cursor", fail)
        assert [client.get(address).status_code for address in ADDRESSES] == [200, 503, 503]


def test_a_full_disk_is_said_while_people_can_play(client, db, monkeypatch):
    monkeypatch.setattr("webapp.http.health.why_unwritable", lambda _: "No space left on device")
    assert [client.get(address).status_code for address in ADDRESSES] == [200, 200, 507]
