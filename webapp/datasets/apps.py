from django.apps import AppConfig


class DatasetsConfig(AppConfig):
    name = "webapp.datasets"

    def ready(self) -> None:
        import webapp.datasets.old_exports  # noqa: F401 (its module connects receivers)
