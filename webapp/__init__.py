"""The Django site: photos, participants, studies, games and datasets, each importing only what stands before it."""
