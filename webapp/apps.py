from django.apps import AppConfig


class WebappConfig(AppConfig):
    name = "webapp"

    def ready(self) -> None:
        from webapp.http import openapi  # noqa: F401  (registers itself)
        from webapp.storage import checks  # noqa: F401  (registers itself)
