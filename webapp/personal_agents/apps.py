from django.apps import AppConfig


class PersonalAgentsConfig(AppConfig):
    name = "webapp.personal_agents"

    def ready(self) -> None:
        from webapp.personal_agents import erasing  # noqa: F401  (connects its receivers)
