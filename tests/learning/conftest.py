"""What the trainer's tests share."""

import pytest
import torch


@pytest.fixture(autouse=True, scope="session")
def one_thread() -> None:
    """Tiny networks on one thread each: tests run side by side, and threads that wait for each other spin."""
    torch.set_num_threads(1)
