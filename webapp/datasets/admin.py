from django.contrib import admin
from django.http import HttpRequest

from webapp.datasets.models import AgentFailure
from webapp.http.read_only_admin import ReadOnly


@admin.register(AgentFailure)
class AgentFailureAdmin(ReadOnly):
    list_display = ("photo", "study", "tries", "reason", "tried", "next_try")
    list_filter = ("study",)
    list_select_related = ("photo", "study")

    # So that what was given up is tried once more.
    def has_delete_permission(self, request: HttpRequest, obj: AgentFailure | None = None) -> bool:
        return request.user.has_perm("datasets.delete_agentfailure")
