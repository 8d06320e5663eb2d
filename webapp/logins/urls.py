"""The pages of an account. Of allauth's, these alone are served: nobody signs up, and no address of mail is kept."""

from allauth.account import views as account
from allauth.mfa.base import views as mfa
from allauth.mfa.recovery_codes import views as codes
from allauth.mfa.totp import views as totp
from allauth.mfa.webauthn import views as webauthn
from django.contrib.auth.views import LogoutView
from django.urls import path, reverse_lazy
from django.views.decorators.cache import never_cache

from webapp.logins.pages import AccountPage

_PAGES = (
    ("login/", account.login, "account_login"),
    ("login/second-factor/", mfa.authenticate, "mfa_authenticate"),
    ("logout/", LogoutView.as_view(), "account_logout"),
    ("account/", AccountPage.as_view(), "mfa_index"),
    ("account/password/", account.password_change, "account_change_password"),
    # Before a second factor changes, whoever is logged in shows once more who they are.
    ("account/confirm/", account.reauthenticate, "account_reauthenticate"),
    ("account/confirm/code/", mfa.reauthenticate, "mfa_reauthenticate"),
    ("account/confirm/key/", webauthn.reauthenticate_webauthn, "mfa_reauthenticate_webauthn"),
    ("account/app/", totp.activate_totp, "mfa_activate_totp"),
    ("account/app/remove/", totp.deactivate_totp, "mfa_deactivate_totp"),
    ("account/keys/add/", webauthn.add_webauthn, "mfa_add_webauthn"),
    (
        "account/keys/<int:pk>/remove/",
        webauthn.RemoveWebAuthnView.as_view(success_url=reverse_lazy("mfa_index")),
        "mfa_remove_webauthn",
    ),
    ("account/codes/", codes.view_recovery_codes, "mfa_view_recovery_codes"),
    ("account/codes/new/", codes.generate_recovery_codes, "mfa_generate_recovery_codes"),
)
# Some show secrets, which no browser is to keep.
urlpatterns = [path(route, never_cache(view), name=name) for route, view, name in _PAGES]
