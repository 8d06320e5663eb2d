"""The editing game: parameters, filters, rules, trajectories and photos.

Nothing here knows of the site or of the trainer: neither Django nor torch is imported.
"""
