from django.apps import AppConfig


class GamesConfig(AppConfig):
    name = "webapp.games"

    def ready(self) -> None:
        from webapp.games import signals  # noqa: F401  (connects its receivers)
