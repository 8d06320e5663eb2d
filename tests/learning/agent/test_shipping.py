"""A run's agent becomes one that comes with the project."""

from pathlib import Path

import pytest
import torch

from learning.agent import shipping
from learning.agent.checkpoint import BEST, LAST, begin_run, load_agent, save_checkpoint
from learning.agent.networks import Agent, initialise
from learning.configuration import Widths


def test_a_runs_agent_is_shipped_alone_in_half_precision(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run, widths = tmp_path / "run", Widths(1, 2)
    agent = initialise(Agent(widths), torch.Generator().manual_seed(0))
    begin_run(run, widths, {"recipe": "fast", "training": {}, "photos": [], "settings": {"inputs": "/secret"}})
    weights = {f"agent/weights/{name}": value for name, value in agent.state_dict().items()}
    save_checkpoint(run / LAST, weights | {"critic/weights/bias": torch.zeros(1)}, {"iterations_done": 3})
    monkeypatch.setattr(shipping, "SHIPPED", tmp_path / "shipped")
    assert shipping.main([str(run), "mine"]) == 0
    shipped = load_agent(tmp_path / "shipped" / "mine")
    for name, value in agent.state_dict().items():
        torch.testing.assert_close(shipped.agent.state_dict()[name], value, rtol=1e-3, atol=1e-6)
    assert shipped.about["iterations_done"] == 3
    assert "/secret" not in (tmp_path / "shipped" / "mine" / "config.json").read_text()
    assert (tmp_path / "shipped" / "mine" / BEST).stat().st_size < (run / LAST).stat().st_size


def test_what_is_no_run_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        shipping.main([str(tmp_path / "none"), "mine"])
    assert "is not a run of safelight train" in capsys.readouterr().err
