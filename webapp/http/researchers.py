"""Researchers are the users whom the admin lets in."""

from django.contrib.auth.decorators import user_passes_test

# For pages: others are sent to the login.
researchers_only = user_passes_test(lambda user: user.is_active and user.is_staff, login_url="login")
