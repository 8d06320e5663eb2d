"""/api/schema/, /api/docs/, and the types that the frontend has from them."""

import io
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.utils.translation import trans_real
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.validation import validate_schema

FRONTEND = Path(__file__).parents[2] / "frontend"
COMMITTED = FRONTEND / "src" / "shared" / "api-schema.ts"


def test_the_api_describes_itself_without_a_warning():
    GENERATOR_STATS.reset()
    with GENERATOR_STATS.silence():
        schema = SchemaGenerator().get_schema(request=None, public=True)
    assert not GENERATOR_STATS
    validate_schema(schema)
    assert set(schema["paths"]) == {
        "/api/episodes/{episode_id}/",
        "/api/episodes/{episode_id}/downloads/",
        "/api/episodes/{episode_id}/downloads/{file_format}/",
        "/api/episodes/{episode_id}/events/",
        "/api/episodes/{episode_id}/replay/",
        "/api/episodes/{episode_id}/replay/preview/",
        "/api/photos/",
        "/api/reveals/{showing_id}/pictures/{index}/",
        "/api/studies/{slug}/photos/{sha256}/",
        "/api/studies/{slug}/photos/{sha256}/replacement/",
        "/api/studies/{slug}/photos/{sha256}/reveal/",
        "/api/studies/{slug}/photos/{sha256}/reveal/answer/",
        "/api/photos/{sha256}/preview/1/",
        "/api/photos/{sha256}/preview/large/1/",
        "/api/practice/",
        "/api/studies/{slug}/",
        "/api/studies/{slug}/join/",
        "/api/studies/{slug}/next/",
        "/api/studies/{slug}/profile/",
        "/api/studies/{slug}/personal-agent/",
        "/api/studies/{slug}/personal-agent/{key}/{maker}/",
        "/api/studies/{slug}/reveals/",
        "/api/studies/{slug}/versions/",
        "/api/studies/{slug}/versions/{number}/",
        "/api/studies/{slug}/versions/{number}/archive/",
        "/api/studies/{slug}/versions/{number}/files/{file}",
        "/api/studies/{slug}/versions/{number}/forms/",
        "/api/studies/{slug}/versions/{number}/forms/{form}/",
        "/api/studies/{slug}/judging/",
        "/api/studies/{slug}/questionnaire/",
        "/api/studies/{slug}/questionnaires/{name}/",
        "/api/studies/{slug}/trials/{trial_id}/",
        "/api/trials/{trial_id}/pictures/{index}/",
    }


def test_the_description_and_its_page_are_served(client, db):
    assert client.get("/api/schema/").status_code == 200
    assert b"swagger-ui" in client.get("/api/docs/").content


def test_what_a_query_asks_of_the_description_is_kept_nowhere(client, db):
    before = len(trans_real._translations)
    for number in range(5):
        answer = client.get("/api/schema/", {"lang": f"x{number}", "version": "1\n", "format": "json"})
        assert answer.json()["info"]["title"] == "Safelight"
        assert answer["Content-Disposition"] == 'inline; filename="Safelight.json"'
    assert len(trans_real._translations) == before


def test_the_description_is_throttled(client, db, monkeypatch):
    monkeypatch.setattr("webapp.http.pace.SessionThrottle.THROTTLE_RATES", {"schema": "1/min"})
    assert [client.get("/api/schema/").status_code for _ in range(2)] == [200, 429]


def names_in(value: Any) -> Iterator[str]:
    """The paths, the components and their fields in a schema."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from inner if key in ("paths", "schemas", "properties") else ()
            yield from names_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from names_in(inner)


def test_the_frontend_has_a_type_of_each_path_and_field_of_the_schema() -> None:
    with GENERATOR_STATS.silence():
        schema = SchemaGenerator().get_schema(request=None, public=True)
    words = set(re.findall(r'"(/api/[^"]*)"|(\w+)(?=\??: )', COMMITTED.read_text(encoding="utf-8")))
    typed = {path or name for path, name in words}
    assert len(names := set(names_in(schema))) > 100
    assert names <= typed, "The API has changed: run `make api-schema` and commit what it writes."


@pytest.mark.long
def test_the_frontend_has_the_types_of_the_schema() -> None:
    schema = io.StringIO()
    call_command("spectacular", "--format", "openapi-json", stdout=schema)
    generated = subprocess.run(
        ["npm", "--prefix", str(FRONTEND), "run", "--silent", "api-schema"],
        input=schema.getvalue(),
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert COMMITTED.read_text(encoding="utf-8") == generated, (
        "The API has changed: run `make api-schema` and commit what it writes."
    )


def test_every_operation_says_that_the_server_may_be_away_and_a_preview_that_it_is_the_same():
    with GENERATOR_STATS.silence():
        paths = SchemaGenerator().get_schema(request=None, public=True)["paths"]
    assert all("503" in operation["responses"] for path in paths.values() for operation in path.values())
    assert {"200", "206", "304"} <= set(paths["/api/photos/{sha256}/preview/1/"]["get"]["responses"])
    assert "206" in paths["/api/episodes/{episode_id}/downloads/{file_format}/"]["get"]["responses"]
