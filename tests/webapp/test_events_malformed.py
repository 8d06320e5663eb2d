"""POST /api/episodes/{uuid}/events/ with whatever a broken or hostile client may send."""

import json
from uuid import uuid4

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from webapp.games.models import Episode

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
FIELDS = ["id", "episode", "seq", "kind", "step", "filter", "parameters", "ms", "contract_version", "gesture", "more"]


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=JSON)
@example(body={"study": "default", "photo": "0" * 64, "events": [{"seq": 10**400}]})
def test_no_body_breaks_the_site(player, photo, refused, body):
    response = player.post(f"/api/episodes/{uuid4()}/events/", json.dumps(body))
    assert refused(response)[0] in range(400, 500)


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(index=st.integers(0, 6), name=st.sampled_from(FIELDS), value=JSON)
@example(index=2, name="parameters", value={"ev": 1e308})
@example(index=2, name="parameters", value={"\ud800": 1.0})
@example(index=1, name="filter", value="\0")
@example(index=2, name="gesture", value={"device": "mouse", "moves": 1, "ms": 10**12, "reversals": 0, "trusted": True})
def test_no_event_breaks_the_site(player, photo, played, refused, index, name, value):
    broken = [dict(event) for event in played]
    broken[index][name] = value
    Episode.objects.all().delete()
    response = player.send(photo, broken, episode=played[0]["episode"])
    assert response.status_code == 200 or refused(response)[0] in range(400, 500)
