"""Benchmarks: named figures, each a ratio to something measured in the same run, as the machines are shared and noisy.

``python -m bench`` measures all parts, ``python -m bench PART`` one, each in a process of its own; results are merged
into ``var/bench.json``.
"""
