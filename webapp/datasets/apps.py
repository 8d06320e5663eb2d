from django.apps import AppConfig


class DatasetsConfig(AppConfig):
    name = "webapp.datasets"

    def ready(self) -> None:
        import webapp.datasets.leaving
        import webapp.datasets.old_exports
        import webapp.datasets.power_analysis
        import webapp.datasets.samples  # noqa: F401 (their modules connect receivers)
