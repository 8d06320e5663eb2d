"""The admin logs in where everybody does, by a second factor too; of allauth's tables it shows none."""

from allauth.account.decorators import secure_admin_login
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.http import HttpRequest, HttpResponseRedirect
from django.urls import reverse


def _change_password(request: HttpRequest, extra_context: object = None) -> HttpResponseRedirect:
    return HttpResponseRedirect(reverse("account_change_password"))


# One page changes passwords.
admin.site.password_change = _change_password  # type: ignore[method-assign, assignment]
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]
for model in (EmailAddress, Authenticator):
    admin.site.unregister(model)
