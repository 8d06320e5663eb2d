"""The worker fits an agent to somebody by the commands."""

import json
import tempfile
from pathlib import Path

import pytest

from tests.webapp.downloads.downloading import forget_jobs, run_worker
from tests.webapp.personal_agents.conftest import agent_of, allow, do_eight
from webapp.datasets import personal_play
from webapp.datasets.tasks import make_personal_agents
from webapp.personal_agents.models import ModelOfPeople
from webapp.studies.configuration import PERSONAL_AGENT_PHOTOS


def make_small() -> None:
    """Make the model of people one of the smallest size, that has learned nothing."""
    from learning.agent.checkpoint import BEST, IMITATION, WEIGHTS, begin_run, save_checkpoint
    from learning.agent.people_model import PeopleModel
    from learning.configuration import Widths

    widths = Widths(1, 4)
    with tempfile.TemporaryDirectory() as folder:
        run = Path(folder)
        begin_run(run, widths, {"recipe": IMITATION, "training": {}})
        weights = {f"agent{WEIGHTS}{name}": value for name, value in PeopleModel(widths).state_dict().items()}
        save_checkpoint(run / BEST, weights, {"iterations_done": 1})
        config = json.loads((run / "config.json").read_text())
        ModelOfPeople.objects.update(config=config, weights=(run / BEST).read_bytes())


def test_it_takes_as_many_photos_as_the_command_does() -> None:
    from learning.imitation.adapting import FEWEST_PHOTOS

    assert PERSONAL_AGENT_PHOTOS == FEWEST_PHOTOS


@pytest.mark.long
def test_the_worker_fits_it_by_the_commands_and_lets_it_play(transactional_db, monkeypatch, settings):
    def here(function, *arguments, should_stop, limit):
        function(*arguments)

    player = do_eight(allow()).player
    make_small()
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    monkeypatch.setattr(personal_play, "run_isolated", here)
    try:
        make_personal_agents.configure(queueing_lock="at once").defer(timestamp=0)
        run_worker()
    finally:
        forget_jobs()
    agent = agent_of(player)
    assert (agent.state, agent.reason, len(agent.numbers)) == ("ready", "", 6)
    # Those that were learned from, and those to come.
    assert sorted(agent.pictures.values_list("learned", flat=True)) == [False] * 2 + [True] * 8
    assert all(picture.steps for picture in agent.pictures.all())
    assert not (settings.DATA_DIR / "agent").exists()
