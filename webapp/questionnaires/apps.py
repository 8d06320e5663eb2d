from django.apps import AppConfig


class QuestionnairesConfig(AppConfig):
    name = "webapp.questionnaires"

    def ready(self) -> None:
        from webapp.questionnaires import answering  # noqa: F401  (questionnaires are named a task)
