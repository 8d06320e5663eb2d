"""The members of a study and their roles, and the tokens of the API."""

from typing import Any

from django import forms
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_POST

from webapp.desk.access import for_members, render_desk
from webapp.studies.invitations import LASTS, Invitation
from webapp.studies.log import log
from webapp.studies.members import Membership, Role, may, set_role
from webapp.studies.models import Study
from webapp.studies.tokens import ApiToken


class TokenForm(forms.ModelForm):  # type: ignore[type-arg]  # generic for mypy alone
    """What a token is for, and what it may do at most."""

    class Meta:
        model = ApiToken
        fields = ("label", "role")


@for_members(Role.VIEWER)
def members_page(request: HttpRequest, study: Study) -> HttpResponseBase:
    """Render who is a member, and as what."""
    return render_members(request, study)


@require_POST
@for_members(Role.VIEWER)
def change_member(request: HttpRequest, study: Study) -> HttpResponseBase:
    """Give an account a role, or take it away; who is no owner may leave."""
    name = request.POST.get("name", "").strip()
    role = "" if request.POST.get("remove") == "yes" else request.POST.get("role", "none")
    user = User.objects.filter(username=name, is_active=True).first()
    leaves = role == "" and user == request.user
    if not (leaves or may(request, study, Role.OWNER)):
        raise Http404
    if user is None:
        return render_members(
            request, study, f"There is no account “{name[:150]}” here: names are those people log in with."
        )
    if role and role not in Role.values:
        return render_members(request, study, "Choose a role.")
    try:
        set_role(study, user, Role(role) if role else None)
    except ValidationError as error:
        return render_members(request, study, *error.messages)
    log(study, request.user, f"made {name} {role} of it" if role else f"took the role of {name}")
    return redirect("desk") if leaves else redirect("desk-members", study.slug)


@for_members(Role.EDITOR)
def tokens_page(request: HttpRequest, study: Study) -> HttpResponseBase:
    """Render the tokens, and make one, which is shown this once."""
    form, made = TokenForm(request.POST or None), ""
    if request.method == "POST" and form.is_valid():
        label, role = form.cleaned_data["label"], Role(form.cleaned_data["role"])
        assert isinstance(request.user, User)  # noqa: S101 (members have accounts)
        _, made = ApiToken.make(study, request.user, label, role)
        log(study, request.user, f"made the token “{label}”, {role}")
        form = TokenForm()
    return render_desk(request, "tokens", study, tab="members", form=form, made=made, tokens=_tokens(request, study))


@require_POST
@for_members(Role.EDITOR)
def revoke_token(request: HttpRequest, study: Study, key: int) -> HttpResponseBase:
    """Make a token worthless; editors their own, owners all."""
    token = get_object_or_404(_tokens(request, study), pk=key)
    if token.revoked is None:
        token.revoked = timezone.now()
        token.save(update_fields=["revoked"])
        log(study, request.user, f"revoked the token “{token.label}”")
    return redirect("desk-tokens", study.slug)


def _tokens(request: HttpRequest, study: Study) -> QuerySet[ApiToken]:
    tokens = ApiToken.objects.filter(study=study).select_related("user").order_by("-pk")
    return tokens if may(request, study, Role.OWNER) else tokens.filter(user=request.user.pk)


def render_members(request: HttpRequest, study: Study, problem: str = "", **said: Any) -> HttpResponse:
    """Render who is a member and who is invited, with what was wrong and what else is to be said."""
    members = Membership.objects.filter(study=study).select_related("user").order_by("since")
    return render_desk(
        request, "members", study, 400 if problem else 200,
        tab="members", members=members, roles=Role.choices, problem=problem, **said,
        invitations=Invitation.objects.filter(study=study, made__gt=timezone.now() - LASTS),
        administrators=User.objects.filter(is_superuser=True, is_active=True).order_by("username"),
    )  # fmt: skip
