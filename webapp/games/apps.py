from django.apps import AppConfig
from django.db.models.signals import post_migrate


class GamesConfig(AppConfig):
    name = "webapp.games"

    def ready(self) -> None:
        from webapp.games import signals

        post_migrate.connect(signals.close_outdated_episodes, sender=self)
