"""Data sets of trajectories for learning programs and for the eye."""
