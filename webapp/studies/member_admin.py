"""The admin of what belongs to studies: each researcher finds their own, and changes them as their role allows."""

from typing import Any

from django.contrib import admin
from django.db import models
from django.http import HttpRequest

from webapp.studies.members import Role, studies_of

# A filter of lists that offers no study but those of the rows that are shown.
OF_STUDY = ("study", admin.RelatedOnlyFieldListFilter)


class ForMembers(admin.ModelAdmin):  # type: ignore[type-arg]  # generic for mypy alone
    """Rows of the studies that somebody is a member of. It comes first among the bases.

    Django's permissions say what may be done in the admin at all, the role in a row's study, with which rows.
    """

    # From a row to its study, or its studies; empty where it is one.
    study_lookup = "study"
    deleting_role = Role.OWNER

    def rows(self, request: HttpRequest, role: Role = Role.VIEWER) -> models.QuerySet[Any]:
        """Return the rows of the studies in which the user has at least this role."""
        rows = super().get_queryset(request)
        if request.user.is_active and request.user.is_superuser:
            return rows
        lookup = f"{self.study_lookup}__in" if self.study_lookup else "pk__in"
        own = self.model._default_manager.filter(**{lookup: studies_of(request, role).values("pk")})
        return rows.filter(pk__in=own.order_by().values("pk"))

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Any]:
        return self.rows(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_view_permission(request, obj) and self.has_role(request, obj, Role.VIEWER)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and self.has_role(request, obj, Role.EDITOR)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and self.has_role(request, obj, self.deleting_role)

    def has_role(self, request: HttpRequest, obj: Any, role: Role) -> bool:
        """Tell whether a row is of a study in which the user has at least this role; so it is said of none, too."""
        return obj is None or obj.pk is None or self.rows(request, role).filter(pk=obj.pk).exists()
