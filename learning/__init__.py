"""The agent: data, networks, training and play, its comparison with people, and the ``safelight`` command line."""

import os

# torch's threads otherwise spin while they wait for each other: beside any other busy process a training then takes
# ten times as long. OpenMP reads this once, when torch is first imported.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
