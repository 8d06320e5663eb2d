"""The processes that decode, beyond what they decode."""

import os
import signal
import subprocess
import sys

PROGRAM = """
import os, time
from webapp.photos.decoding_pool import _pool
if __name__ == "__main__":
    print(_pool(1).submit(os.getpid).result(), flush=True)
    time.sleep(60)
"""


def test_a_worker_ends_with_its_parent_however_that_ends(root, tmp_path):
    program = tmp_path / "program.py"
    program.write_text(PROGRAM)
    environment = os.environ | {"PYTHONPATH": str(root)}
    with subprocess.Popen([sys.executable, program], env=environment, stdout=subprocess.PIPE, text=True) as parent:
        worker = int(parent.stdout.readline())
        os.kill(worker, signal.SIGINT)  # which is the command's to hear
        os.kill(worker, 0)
        parent.kill()
        # The pipe ends when the last process that holds it has: the worker, then.
        assert parent.stdout.read() == ""
