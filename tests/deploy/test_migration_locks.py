"""How long play waits for a migration of a database with a million events, from an earlier version to this one."""

import os
import subprocess
import sys
import time
from pathlib import Path
from threading import Event, Thread

import psycopg
import pytest

from webapp.local.embedded_postgres import Cluster

ROOT = Path(__file__).parents[2]
EARLIER = (("games", "0003_tutorial_beside_play"), ("studies", "0011_configuration"))
PEOPLE, EPISODES, EVENTS = 2_000, 17_000, 60
# Of columns that must not be empty, and of which a test says nothing.
VALUES = {"boolean": "false", "jsonb": "'{}'", "timestamp with time zone": "now()", "uuid": "gen_random_uuid()"}
VALUES |= dict.fromkeys(("bigint", "integer", "smallint"), "1")
PLAY = (
    """INSERT INTO games_event (id, episode_id, seq, kind, ms, contract_version, received_at)
    SELECT gen_random_uuid(), episode_id, max(seq) + 1, 'blur', 1, 1, now()
    FROM games_event WHERE episode_id = %(episode)s GROUP BY episode_id""",
    "UPDATE games_episode SET duration_ms = duration_ms + 1 WHERE id = %(episode)s",
    """SELECT FROM games_episode AS episode
    JOIN studies_participation AS own USING (study_id, participant_id)
    JOIN participants_participant AS person ON person.id = own.participant_id
    WHERE episode.id = %(episode)s""",
)


def manage(url: str, folder: Path, *arguments: str) -> None:
    environment = os.environ | {"DATABASE_URL": url, "DATA_DIR": str(folder)}
    done = subprocess.run(
        [sys.executable, "manage.py", *arguments], cwd=ROOT, env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr


def fill(connection: psycopg.Connection, table: str, count: int, **values: str) -> None:
    """Add rows numbered n by SQL for some columns; what else must not be empty is made up."""
    columns = connection.execute(
        """SELECT column_name, data_type FROM information_schema.columns
        WHERE table_name = %s AND is_nullable = 'NO' AND column_default IS NULL AND is_identity = 'NO'""",
        [table],
    )
    values = {name: VALUES.get(kind, "''") for name, kind in columns} | values
    statement = f"INSERT INTO {table} ({', '.join(values)}) SELECT {', '.join(values.values())} "
    connection.execute(f"{statement} FROM generate_series(1, {count}) AS n".encode())


@pytest.fixture(scope="module")
def earlier(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The address of a database of an earlier version, full of play."""
    url = cluster.fresh_database("earlier")
    for migration in EARLIER:
        manage(url, tmp_path_factory.mktemp("data"), "migrate", "--verbosity=0", *migration)
    with psycopg.connect(url) as connection:
        # Whether each of a million rows has its parent is no question here.
        connection.execute("SET session_replication_role = replica")
        study = "(SELECT min(id) FROM studies_study)"
        fill(
            connection,
            "photos_photo",
            200,
            sha256="lpad(to_hex(n), 64, '0')",
            preview_sha256="lpad(to_hex(n), 64, '0')",
        )
        fill(connection, "participants_participant", PEOPLE, id="n", pseudonym="'p' || n", kind="'human'")
        fill(connection, "studies_participation", PEOPLE, study_id=study, participant_id="n")
        fill(
            connection,
            "games_episode",
            EPISODES,
            id="lpad(to_hex(n), 32, '0')::uuid",
            study_id=study,
            participant_id=f"1 + n % {PEOPLE}",
            photo_id="lpad(to_hex(1 + n % 200), 64, '0')",
            status="'submitted'",
            started="now()",
        )
        episode = f"lpad(to_hex(1 + n / {EVENTS}), 32, '0')::uuid"
        parameters = """'{"exposure": 0.5}'"""
        values = {"episode_id": episode, "seq": f"n % {EVENTS}", "kind": "'adjust'", "parameters": parameters}
        fill(connection, "games_event", EPISODES * EVENTS - 1, **values)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")
    return url


class Play(Thread):
    """Somebody who plays on meanwhile, and waits for no lock longer than a second."""

    def __init__(self, url: str, episode: int) -> None:
        super().__init__()
        self._url, self._episode, self._is_over = url, f"{episode:032x}", Event()
        self.longest, self.count, self.refused = 0.0, 0, ""

    def run(self) -> None:
        with psycopg.connect(self._url, autocommit=True) as connection:
            connection.execute("SET lock_timeout = '1s'")
            while not self._is_over.is_set() and not self.refused:
                for statement in PLAY:
                    begun = time.monotonic()
                    try:
                        connection.execute(statement.encode(), {"episode": self._episode})
                    except psycopg.errors.LockNotAvailable as error:
                        self.refused = f"{error}: {statement}"
                    self.longest = max(self.longest, time.monotonic() - begun)
                    self.count += 1
                time.sleep(0.01)

    def __enter__(self) -> "Play":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        self.join()


@pytest.mark.long
def test_who_plays_waits_less_than_a_second_for_a_migration_of_a_million_events(earlier: str, tmp_path: Path) -> None:
    with Play(earlier, 1) as first, Play(earlier, 2) as second:
        manage(earlier, tmp_path, "migrate", "--verbosity=0")
    assert not first.refused, first.refused
    assert not second.refused, second.refused
    assert min(first.count, second.count) > 100
    longest = max(first.longest, second.longest)
    print(f"{first.count + second.count} statements meanwhile, of which the longest took {1000 * longest:.0f} ms")


@pytest.mark.long
def test_a_migration_that_writes_every_event_anew_is_caught(earlier: str) -> None:
    with Play(earlier, 1) as play, psycopg.connect(earlier) as connection:
        connection.execute("ALTER TABLE games_event ALTER COLUMN ms TYPE numeric")
        time.sleep(1.5)
        connection.rollback()
    assert "lock timeout" in play.refused
