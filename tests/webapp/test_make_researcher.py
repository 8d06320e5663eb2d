"""manage.py make_researcher"""

import re

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command


def password_in(text):
    return re.search(r"password: (\S+)", text)[1]


def test_it_prints_a_password_that_opens_the_desk(client, study, capsys):
    call_command("make_researcher")
    assert (
        client.post("/login/", {"login": "researcher", "password": password_in(capsys.readouterr().out)})["Location"]
        == "/desk/"
    )
    assert client.get("/desk/").status_code == 200


def test_again_it_does_nothing(db, capsys):
    call_command("make_researcher")
    before = User.objects.get().password
    capsys.readouterr()
    call_command("make_researcher")
    assert User.objects.get().password == before
    assert "password:" not in capsys.readouterr().out


def test_reset_gives_a_new_password(db, capsys):
    call_command("make_researcher")
    first = password_in(capsys.readouterr().out)
    call_command("make_researcher", reset=True)
    second = password_in(capsys.readouterr().out)
    assert first != second
    assert User.objects.get().check_password(second)


@pytest.mark.parametrize("name", ["", "a b", "x" * 300, "a\0b", "\udce9"])
def test_a_name_that_is_none_is_one_line(db, name):
    with pytest.raises(CommandError, match=r"^--name '.{0,60}': .+\.$"):
        call_command("make_researcher", name=name)
    assert not User.objects.exists()
