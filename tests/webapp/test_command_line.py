"""manage.py: what it says where it cannot go on."""

import pytest
from django.core.exceptions import ImproperlyConfigured
from environs import EnvError

from webapp import command_line


def test_ctrl_c_is_one_line(monkeypatch, capsys):
    def interrupted(arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr("django.core.management.execute_from_command_line", interrupted)
    with pytest.raises(SystemExit) as ended:
        command_line.main()
    assert ended.value.code == 130
    assert capsys.readouterr().err == "Error: interrupted\n"


@pytest.mark.parametrize("error", [ImproperlyConfigured("no such setting"), EnvError("no such setting")])
def test_a_wrong_setting_is_one_line(monkeypatch, capsys, error):
    def wrong(arguments):
        raise error

    monkeypatch.setattr("django.core.management.execute_from_command_line", wrong)
    with pytest.raises(SystemExit) as ended:
        command_line.main()
    assert ended.value.code == 1
    assert capsys.readouterr().err == "Error: no such setting\n"
