from django.apps import AppConfig
from django.db.models.signals import post_migrate


class DownloadsConfig(AppConfig):
    name = "webapp.downloads"

    def ready(self) -> None:
        from webapp.downloads import deleting  # noqa: F401  (connects its receivers)
        from webapp.downloads.tasks import ask_for_large_previews

        post_migrate.connect(ask_for_large_previews, sender=self)
