"""Several processes that share each batch end with the weights of one process; here on the CPU, by Gloo."""

import json
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file

from learning.agent.checkpoint import LAST
from learning.device import DeviceError
from learning.training.distributed import SINGLE_PROCESS, Processes, ProcessLost, own_device
from learning.training.fast_recipe import FastTrainer
from tests.command_line import safelight
from tests.forked import start_forked
from tests.learning.training.distributed_training import (
    CRITIC_UPDATES_AHEAD,
    FIRST_PASSES,
    MAXIMUM_STEPS,
    torchrun,
    train_and_die,
    train_share,
    trainer_of,
)

SMALL = ["--width", 1, "--hidden", 2, "--batch", 8, "--iterations", 2, "--save-every", 1, "--device", "cpu"]
SMALL += ["--picture-every", 0]


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("photos")
    draw = np.random.default_rng(5)
    for index in range(4):
        Image.fromarray(draw.integers(0, 60 + 30 * index, (8, 8, 3), dtype=np.uint8)).save(folder / f"{index}.png")
    return folder


def arguments(photos: Path, out: Path, *more: object) -> list[str]:
    return [str(one) for one in ("train", "--inputs", photos, "--targets", photos, "--out", out, *SMALL, *more)]


def two_processes(errors: Path, program: Callable[..., object], *arguments: object) -> list[tuple[int | None, str]]:
    """Run a function twice, as torchrun would: the exit status of each, and what it wrote to standard error."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    shared = {"WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "OMP_NUM_THREADS": "1"}
    shared["GLOO_SOCKET_IFNAME"] = "lo"  # whatever this machine calls itself
    errors.mkdir()
    processes = [
        start_forked(program, *arguments, errors=errors / str(rank), environment={**shared, "RANK": str(rank)})
        for rank in range(2)
    ]
    for process in processes:
        process.join()
    return [(process.exitcode, (errors / str(rank)).read_text()) for rank, process in enumerate(processes)]


@pytest.fixture
def double(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """As the forked processes have it."""
    monkeypatch.setattr("learning.training.fast_recipe.MAXIMUM_STEPS", MAXIMUM_STEPS)
    monkeypatch.setattr("learning.training.paper_recipe.FIRST_PASSES", FIRST_PASSES)
    monkeypatch.setattr("learning.training.paper_recipe.CRITIC_UPDATES_AHEAD", CRITIC_UPDATES_AHEAD)
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


@pytest.mark.parametrize("recipe", ["fast", pytest.param("paper", marks=pytest.mark.long)])
def test_two_processes_end_with_the_weights_of_one(tmp_path: Path, double: None, recipe: str) -> None:
    assert two_processes(tmp_path / "errors", train_share, tmp_path, recipe) == [(0, ""), (0, "")]
    trainer = trainer_of(recipe, SINGLE_PROCESS)
    weights = [key for key in trainer.state() if "/weights/" in key]
    begun = trainer.state()
    while trainer.iteration < trainer.iterations:
        trainer.iterate()
    first, second = (load_file(tmp_path / f"{rank}.safetensors") for rank in range(2))
    assert all(torch.equal(value, second[key]) for key, value in first.items())
    for key, value in trainer.state().items():
        torch.testing.assert_close(first[key], value, rtol=1e-8, atol=1e-10)
    # Far more than rounding was learned.
    assert max(float((first[key] - begun[key]).abs().max()) for key in weights) > 1e-4


@pytest.mark.long
def test_torchrun_continues_a_run_and_the_first_process_alone_speaks_and_writes(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert safelight(*arguments(photos, tmp_path / "one")).exit_code == 0
    iterate = FastTrainer.iterate

    def interrupted(trainer: FastTrainer) -> dict[str, float]:
        if trainer.iteration == 1:
            raise KeyboardInterrupt
        return iterate(trainer)

    monkeypatch.setattr(FastTrainer, "iterate", interrupted)
    assert safelight(*arguments(photos, tmp_path / "two")).exit_code == 130
    options = ["--standalone", "--local-addr", "127.0.0.1", "--nproc-per-node", "2"]
    options += ["--redirects", "3", "--log-dir", str(tmp_path / "said")]
    resume = ["-m", "learning.command_line", "train", "--out", str(tmp_path / "two"), "--resume", "--device", "cpu"]
    environment = {"OMP_NUM_THREADS": "1", "GLOO_SOCKET_IFNAME": "lo"}
    errors = tmp_path / "errors"
    process = start_forked(torchrun, [*options, *resume], errors=errors, environment=environment)
    process.join()
    assert process.exitcode == 0, errors.read_text()
    said = [path.read_text() for path in (tmp_path / "said").rglob("stdout.log")]
    assert sorted(text.count("Trained 2 iterations") for text in said) == [0, 1]
    states = [load_file(tmp_path / name / LAST) for name in ("two", "one")]
    assert all(torch.equal(states[0][name], states[1][name]) for name in ("iteration", "generator"))
    logs = [(tmp_path / name / "log.jsonl").read_text().splitlines() for name in ("two", "one")]
    for line, expected in zip(*logs, strict=True):
        assert json.loads(line) == pytest.approx(json.loads(expected), rel=1e-3, abs=1e-4)


@pytest.mark.long
def test_a_process_that_dies_ends_the_other_with_a_message(photos: Path, tmp_path: Path) -> None:
    (status, errors), dead = two_processes(tmp_path / "errors", train_and_die, arguments(photos, tmp_path / "run"))
    assert dead == (9, "")
    assert status == 1
    assert "Error: another process of this training has ended, or does not answer" in errors
    assert "Traceback" not in errors
    assert int(load_file(tmp_path / "run" / LAST)["iteration"]) == 1


def test_a_process_that_does_not_answer_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("Connection closed by peer\nsomewhere")

    for name in ("all_gather", "all_reduce"):
        monkeypatch.setattr(f"torch.distributed.{name}", broken)
    for exchange in (Processes(0, 2).gather, lambda tensor: Processes(0, 2).average([tensor])):
        with pytest.raises(ProcessLost, match=r"^another process .* \(Connection closed by peer\); --resume .*$"):
            exchange(torch.ones(2))


@pytest.mark.parametrize(("recipe", "parts"), [("fast", 2), ("paper", 8)])
def test_a_batch_that_cannot_be_shared_is_refused_by_the_first_alone(
    photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, recipe: str, parts: int
) -> None:
    monkeypatch.setenv("WORLD_SIZE", "3")
    monkeypatch.setenv("RANK", "0")
    first = safelight(*arguments(photos, tmp_path / "run", "--recipe", recipe))
    assert first.exit_code == 2
    assert f"3 processes cannot share the {parts} parts of a batch evenly; change --batch" in first.output
    monkeypatch.setenv("RANK", "1")
    second = safelight(*arguments(photos, tmp_path / "run", "--recipe", recipe))
    assert (second.exit_code, second.output) == (1, "")
    assert not (tmp_path / "run").exists()


def test_each_process_of_a_machine_takes_a_gpu_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    assert own_device("cuda:1") == "cuda:1"
    monkeypatch.setenv("WORLD_SIZE", "4")
    monkeypatch.setenv("LOCAL_RANK", "3")
    assert own_device("cuda") == "cuda:3"
    assert own_device("cpu") == "cpu"
    with pytest.raises(DeviceError, match="give --device cuda, not cuda:1"):
        own_device("cuda:1")


def test_shares_are_the_whole_in_order_and_one_process_has_it_all() -> None:
    whole = torch.arange(12).view(6, 2)
    shares = [Processes(rank, 3).share(whole) for rank in range(3)]
    assert torch.equal(torch.cat(shares), whole)
    assert {len(share) for share in shares} == {2}
    assert SINGLE_PROCESS.share(whole) is whole
    assert SINGLE_PROCESS.gather(whole) is whole
    assert SINGLE_PROCESS.average([whole])[0] is whole
