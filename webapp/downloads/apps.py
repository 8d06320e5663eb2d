from django.apps import AppConfig


class DownloadsConfig(AppConfig):
    name = "webapp.downloads"

    def ready(self) -> None:
        from webapp.downloads import signals  # noqa: F401  (connects its receivers)
