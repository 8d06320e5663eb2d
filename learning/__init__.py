"""The agent: data, networks, training and play, its comparison with people, and the ``safelight`` command line."""
