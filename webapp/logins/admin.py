"""The admin logs in where everybody does, by a second factor too; of allauth's tables it shows none."""

from allauth.account.decorators import secure_admin_login
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib import admin

admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]
for model in (EmailAddress, Authenticator):
    admin.site.unregister(model)
