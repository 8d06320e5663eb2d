"""Inviting researchers to a study, and the page on which they accept."""

from allauth.account.adapter import get_adapter
from django.contrib.auth.forms import UserCreationForm
from django.contrib.auth.models import User
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from webapp.desk.access import for_members, in_english
from webapp.desk.members import render_members
from webapp.studies.invitations import Invitation, accept, find_invitation, invite, send
from webapp.studies.log import log
from webapp.studies.members import Role
from webapp.studies.models import Study


class AccountForm(UserCreationForm):  # type: ignore[type-arg]  # generic for mypy alone
    """A new account: a name and a password, which must be none of those that many people use."""

    class Meta(UserCreationForm.Meta):
        fields = ("username",)


class _Taken(Exception):
    """Somebody else has accepted the invitation meanwhile."""


@require_POST
@for_members(Role.OWNER)
def invite_member(request: HttpRequest, study: Study) -> HttpResponseBase:
    """Invite whoever reads the mail of an address; where it cannot be mailed, the link is shown."""
    role = request.POST.get("role", "")
    if role not in Role.values:
        return render_members(request, study, "Choose a role.")
    assert isinstance(request.user, User)  # noqa: S101 (members have accounts)
    try:
        made = invite(study, request.POST.get("address", ""), Role(role), request.user)
    except ValidationError as error:
        return render_members(request, study, *error.messages)
    # Behind the ?, where it is in no log.
    link = request.build_absolute_uri(f"{reverse('desk-invitation')}?token={made.token}")
    failure = send(made, link, request.get_host())
    return render_members(request, study, invited=made, link=link if failure else "", failure=failure)


@require_POST
@for_members(Role.OWNER)
def withdraw_invitation(request: HttpRequest, study: Study, key: int) -> HttpResponseBase:
    """End an invitation; its address is deleted."""
    get_object_or_404(Invitation, pk=key, study=study).delete()
    log(study, request.user, "withdrew an invitation")
    return redirect("desk-members", study.slug)


@never_cache
@in_english
def invitation_page(request: HttpRequest) -> HttpResponseBase:
    """Render an invitation; accept it by a new account, or by that of the researcher who is logged in."""
    invitation = find_invitation(request.GET.get("token", ""))
    if invitation is None:
        return render(request, "desk/invitation_ended.html", status=404)
    user = request.user if isinstance(request.user, User) and request.user.is_staff else None
    form = AccountForm(request.POST if request.method == "POST" and user is None else None)
    try:
        if request.method == "POST" and user is not None:
            _accept(invitation, user)
            return redirect("desk-study", invitation.study.slug)
        if form.is_valid():
            with transaction.atomic():
                form.instance.is_staff = True
                _accept(invitation, form.save())
            get_adapter().login(request, form.instance)
            return redirect("desk-study", invitation.study.slug)
    except _Taken:
        return render(request, "desk/invitation_ended.html", status=404)
    context = {"invitation": invitation, "form": form, "account": user}
    return render(request, "desk/invitation.html", context, status=400 if form.errors else 200)


def _accept(invitation: Invitation, user: User) -> None:
    if not accept(invitation, user):
        raise _Taken
