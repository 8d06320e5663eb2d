"""The Django site: photos, participants, studies, games, ratings, downloads and datasets."""
