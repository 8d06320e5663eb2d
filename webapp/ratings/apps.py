from django.apps import AppConfig


class RatingsConfig(AppConfig):
    name = "webapp.ratings"

    def ready(self) -> None:
        from webapp.ratings import erasing, revealing  # noqa: F401  (connects its receivers)
