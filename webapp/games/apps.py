from django.apps import AppConfig
from django.db.models.signals import post_migrate


class GamesConfig(AppConfig):
    name = "webapp.games"

    def ready(self) -> None:
        from webapp.games import (
            assignment,  # noqa: F401 (names play a task)
            erasing,  # noqa: F401 (connects its receiver)
            recording,  # noqa: F401 (connects its receivers)
        )
        from webapp.games.episodes import close_outdated  # its module connects receivers too

        post_migrate.connect(close_outdated, sender=self)
