from django.apps import AppConfig


class JudgingConfig(AppConfig):
    name = "webapp.judging"

    def ready(self) -> None:
        from webapp.judging import erasing, judgements  # noqa: F401  (connect their receivers, name their tasks)
