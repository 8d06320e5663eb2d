"""Who sees a page of the desk: members of its study with the role that it needs. Each page is English."""

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from django.contrib.auth.decorators import user_passes_test
from django.contrib.staticfiles import finders
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import ResolverMatch
from django.utils.translation import override
from django.views.decorators.cache import never_cache

from webapp.studies.joining import find_study
from webapp.studies.members import Role, check_role, role_of
from webapp.studies.models import Study

# Others than researchers, the users whom the admin lets in, are sent to the login.
researchers_only = user_passes_test(lambda user: user.is_active and user.is_staff, login_url="account_login")
View = Callable[..., HttpResponseBase]


def in_english(view: View) -> View:
    """Make a page English, whatever the visitor's language is: what only researchers meet is not translated."""

    @wraps(view)
    def english(request: HttpRequest, *args: Any, **values: Any) -> HttpResponseBase:
        with override("en"):
            return view(request, *args, **values)

    return english


def for_researchers(view: View) -> View:
    """Make a page of the desk that is of no study."""
    page: View = never_cache(researchers_only(in_english(view)))
    return page


def for_members(role: Role) -> Callable[[View], View]:
    """Make a view of a study a page of the desk, at the study's slug, for members with at least this role.

    Under a former slug it leads on to the address of today; what is posted there is taken there.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def at_slug(request: HttpRequest, slug: str, **values: Any) -> HttpResponseBase:
            study = find_study(slug)
            check_role(request, study, role)
            if study.slug != slug and request.method == "GET":
                name = cast(ResolverMatch, request.resolver_match).view_name
                leads_on: HttpResponseBase = redirect(name, slug=study.slug, **values)
                return leads_on
            return view(request, study, **values)

        return for_researchers(at_slug)

    return decorate


def render_desk(
    request: HttpRequest, template: str, study: Study | None = None, status: int = 200, **context: Any
) -> HttpResponse:
    """Render a page of the desk, with what all of them need to know of the study and of who looks at it."""
    role = role_of(request, study) if study is not None else None
    context |= {
        "study": study,
        "role": role,
        "may_edit": role is not None and role in Role.EDITOR.included,
        "may_own": role == Role.OWNER,
        "built": finders.find("desk.js") is not None,
    }
    return render(request, f"desk/{template}.html", context, status=status)
