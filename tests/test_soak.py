"""What `make soak` says of a site, by what it has measured."""

import socket

import pytest

from bench.soak import Watched, idle_connections, summary

SECONDS = 1800.0


def watched(*, growth: float = 1.0, slower: float = 1.0) -> Watched:
    """Half an hour of answers and of memory, which from the fifth minute on grows by a share."""
    found = Watched()
    for second in range(int(SECONDS)):
        took = 0.1 * (slower if second >= SECONDS - 300 else 1.0)
        found.answers += [(second + 0.5, took), (second + 0.7, took / 2)]
        # What is loaded in the first minutes is no growth.
        grown = 1 + (growth - 1) * max(0, second - 300) / 1500
        found.memory.append((float(second), {"web": 300 * grown * min(1, second / 240), "postgres": 100.0}))
    found.idle = [(begin, begin + 60.0) for begin in range(60, 1800, 120)]
    return found


def test_a_site_that_stays_as_it_was_is_fine() -> None:
    lines, is_fine = summary(watched(), SECONDS, [])
    assert is_fine
    assert lines[0] == "3600 answers in 30 minutes"
    assert any("with 1000 idle connections over without: median 1.00, p99 1.00" in line for line in lines)


@pytest.mark.parametrize(
    ("found", "errors"),
    [(watched(growth=1.2), []), (watched(slower=1.6), []), (watched(), ["the site does not have episode 7"])],
)
def test_growth_slowness_and_errors_are_not(found: Watched, errors: list[str]) -> None:
    assert not summary(found, SECONDS, errors)[1]


@pytest.mark.long
def test_idle_connections_stay_as_many() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(30)
        with idle_connections(f"http://127.0.0.1:{server.getsockname()[1]}", 5):
            accepted = [server.accept()[0] for _ in range(5)]
            accepted.pop().close()
            # The one that was closed is answered by a new one, which this waits for.
            accepted.append(server.accept()[0])
            assert len(accepted) == 5
            for each in accepted:
                each.close()
