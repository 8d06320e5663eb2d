from django.apps import AppConfig


class StudiesConfig(AppConfig):
    name = "webapp.studies"

    def ready(self) -> None:
        # Modules beside ``models`` that have models, or connect receivers.
        from webapp.studies import account_log, arrivals, invitations, leases, log, members, tokens  # noqa: F401
