"""The page of one's own account."""

from typing import Any

from allauth.mfa.base.views import IndexView

from webapp.logins.second_factor import lacks_factor


class AccountPage(IndexView):  # type: ignore[misc]  # allauth is not typed
    """What the account logs in by."""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add whether the site waits for a second factor."""
        context: dict[str, Any] = super().get_context_data(**kwargs)
        return context | {"must_set_up": lacks_factor(self.request.user)}
