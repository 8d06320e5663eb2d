"""/api/schema/, /api/docs/, and the types that the frontend has from them."""

import io
import subprocess
from pathlib import Path

from django.core.management import call_command
from django.utils.translation import trans_real
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.validation import validate_schema

FRONTEND = Path(__file__).parents[2] / "frontend"


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
    committed = (FRONTEND / "src/shared/api-schema.ts").read_text(encoding="utf-8")
    assert committed == generated, "The API has changed: run `make api-schema` and commit what it writes."


def test_every_operation_says_that_the_server_may_be_away_and_a_preview_that_it_is_the_same():
    with GENERATOR_STATS.silence():
        paths = SchemaGenerator().get_schema(request=None, public=True)["paths"]
    assert all("503" in operation["responses"] for path in paths.values() for operation in path.values())
    assert {"200", "206", "304"} <= set(paths["/api/photos/{sha256}/preview/1/"]["get"]["responses"])
    assert "206" in paths["/api/episodes/{episode_id}/downloads/{file_format}/"]["get"]["responses"]
