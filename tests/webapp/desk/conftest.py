"""The desk's cast: a study with photos and people, and browsers of members."""

import pytest
from django.contrib.auth.models import User

from tests.webapp.conftest import Player, logged_in
from webapp.studies.members import Role, set_role
from webapp.studies.models import Study


@pytest.fixture
def owner(researcher: Player) -> Player:
    """Ada's browser: she owns the default study."""
    return researcher


@pytest.fixture
def editor(study: Study, ada: User, bob: User) -> Player:
    """Bob's browser: he edits the default study."""
    set_role(study, bob, Role.EDITOR)
    return logged_in(bob)


@pytest.fixture
def viewer(study: Study, ada: User) -> Player:
    """The browser of Dora, who sees the default study."""
    dora = User.objects.create_user("dora", is_staff=True)
    set_role(study, dora, Role.VIEWER)
    return logged_in(dora)
