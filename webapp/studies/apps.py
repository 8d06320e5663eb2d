from django.apps import AppConfig


class StudiesConfig(AppConfig):
    name = "webapp.studies"

    def ready(self) -> None:
        import webapp.studies.leases  # noqa: F401 (its module connects receivers)
