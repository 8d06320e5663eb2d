"""What players are told and asked before their first photo, where a study has no text of its own."""

_TEXT = """\
This is a study of how people retouch photographs. You are shown dark photographs, one after another, and bring each \
of them out as you like it. There is no right answer.

Stored are the steps that you make, what you tried on the way and how long it took, when you left the window and came \
back, and how the photo was shown: the size of the window, its pixel ratio, whether the screen has a wide gamut.

All of it is kept under a random name, such as quiet-heron-48213, which a cookie in this browser remembers. We ask for \
no name, no e-mail address and no account, and we do not store your internet address with your play.

Researchers use what is stored to study how people retouch, and to train a program at the same game. It may be \
published, with the photos and under the random names, so that other researchers can check and use it.

Taking part is voluntary. You can take a break, and you can stop, at any time and without giving a reason. What you \
did until then stays in the study, because nobody could tell which part of it is yours except this browser.

If you do not want to take part, that is fine: nothing is stored of you before you agree."""


def default_consent_text() -> str:
    """The text that a new study begins with: paragraphs, with an empty line between them."""
    return _TEXT
