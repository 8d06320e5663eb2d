from django.apps import AppConfig


class RecruitingConfig(AppConfig):
    name = "webapp.recruiting"

    def ready(self) -> None:
        from webapp.recruiting import payments  # noqa: F401 (connects its receivers)
