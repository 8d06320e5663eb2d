from django.apps import AppConfig


class DownloadsConfig(AppConfig):
    name = "webapp.downloads"

    def ready(self) -> None:
        from webapp.downloads import deleting  # noqa: F401  (connects its receivers)
