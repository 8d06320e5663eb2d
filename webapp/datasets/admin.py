from django.contrib import admin
from django.http import HttpRequest

from webapp.datasets.models import AgentFailure
from webapp.http.read_only_admin import ReadOnly
from webapp.studies.member_admin import OF_STUDY, ForMembers
from webapp.studies.members import Role


@admin.register(AgentFailure)
class AgentFailureAdmin(ForMembers, ReadOnly):
    list_display = ("photo", "study", "tries", "reason", "tried", "next_try")
    list_filter = (OF_STUDY,)
    list_select_related = ("photo", "study")

    # So that what was given up is tried once more.
    def has_delete_permission(self, request: HttpRequest, obj: AgentFailure | None = None) -> bool:
        return request.user.has_perm("datasets.delete_agentfailure") and self.has_role(request, obj, Role.EDITOR)
