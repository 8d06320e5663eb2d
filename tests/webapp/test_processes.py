"""Work in processes of its own."""

import os
import time

import pytest

from webapp.processes import Crashed, Stopped, run_apart


def never():
    return False


def test_it_works(tmp_path):
    run_apart(os.mkdir, tmp_path / "made", should_stop=never, limit=60)
    assert (tmp_path / "made").is_dir()


def test_what_the_function_raises_is_raised_with_where_it_came_from():
    with pytest.raises(ValueError, match="invalid literal") as raised:
        run_apart(int, "seven", should_stop=never, limit=60)
    assert "Traceback" in raised.value.__notes__[0]


def test_a_process_that_dies_is_told():
    with pytest.raises(Crashed):
        run_apart(os._exit, 3, should_stop=never, limit=60)


def test_work_that_takes_too_long_or_is_not_wanted_any_more_is_ended():
    began = time.monotonic()
    with pytest.raises(Stopped):
        run_apart(time.sleep, 60, should_stop=never, limit=0.1)
    with pytest.raises(Stopped):
        run_apart(time.sleep, 60, should_stop=lambda: True, limit=60)
    assert time.monotonic() - began < 30
