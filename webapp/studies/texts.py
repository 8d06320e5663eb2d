"""The texts of a study that its participants read, and the one that a new study begins with."""

from dataclasses import dataclass

from django.utils.translation import gettext, override

# What players are told and asked before their first photo, where a study has no text of its own.
_CONSENT_TEXT = """\
This is a study of how people retouch photographs. You are shown dark photographs, one after another, and bring each \
of them out as you like it. There is no right answer.

Stored are the steps that you make, what you tried on the way and how long it took, how you moved each control (with \
a mouse, a finger, a pen or keys, for how long, and how often back and forth), when you left the window and came back, \
and how the photo was shown: the size of the window, its pixel ratio, whether the screen has a wide gamut.

All of it is kept under a random name, such as quiet-heron-48213, which a cookie in this browser remembers. We ask for \
no name, no e-mail address and no account, and we do not store your internet address with your play.

Researchers use what is stored to study how people retouch, and to train a program at the same game. It may be \
published, with the photos and under other random names, so that other researchers can check and use it.

Taking part is voluntary. You can take a break, and you can stop, at any time and without giving a reason. What you \
did until then stays in the study, unless you withdraw: your page in this study shows what is stored of you, and \
erases it when you ask for that. Copies of published data that somebody has downloaded or deposited by then cannot be \
recalled; whoever has one can find out which of its rows are to be deleted.

If you do not want to take part, that is fine: nothing is stored of you before you agree."""
# The same text, in the other languages that the site speaks.
_CONSENT_TEXT_IN = {
    "de": """\
In dieser Studie geht es darum, wie Menschen Fotos bearbeiten. Ihnen werden nacheinander dunkle Fotos gezeigt, und Sie \
entwickeln jedes so, wie es Ihnen gefällt. Eine richtige Antwort gibt es nicht.

Gespeichert werden die Schritte, die Sie machen, was Sie unterwegs versucht haben und wie lange es gedauert hat, wie \
Sie jeden Regler bewegt haben (mit Maus, Finger, Stift oder Tasten, wie lange und wie oft hin und her), wann Sie das \
Fenster verlassen haben und zurückgekommen sind, und wie das Foto gezeigt wurde: die Größe des Fensters, sein \
Pixelverhältnis und ob der Bildschirm einen erweiterten Farbraum hat.

All das wird unter einem zufälligen Namen wie quiet-heron-48213 aufbewahrt, den sich ein Cookie in diesem Browser \
merkt. Wir fragen nicht nach Ihrem Namen, einer E-Mail-Adresse oder einem Konto, und Ihre Internetadresse wird nicht \
zusammen mit Ihrem Spiel gespeichert.

Forschende nutzen das Gespeicherte, um zu untersuchen, wie Menschen Fotos bearbeiten, und um ein Programm im selben \
Spiel zu trainieren. Es kann mit den Fotos und unter anderen zufälligen Namen veröffentlicht werden, damit andere \
Forschende es prüfen und nutzen können.

Die Teilnahme ist freiwillig. Sie können jederzeit eine Pause machen und jederzeit aufhören, ohne einen Grund zu \
nennen. Was Sie bis dahin gemacht haben, bleibt in der Studie, es sei denn, Sie ziehen Ihre Teilnahme zurück: Ihre \
Seite in dieser Studie zeigt, was von Ihnen gespeichert ist, und löscht es, wenn Sie das möchten. Kopien \
veröffentlichter Daten, die jemand bis dahin heruntergeladen oder hinterlegt hat, können nicht zurückgerufen werden; \
wer eine hat, kann feststellen, welche ihrer Zeilen zu löschen sind.

Wenn Sie nicht teilnehmen möchten, ist das in Ordnung: Bevor Sie zustimmen, wird nichts von Ihnen gespeichert.""",
}


def default_consent_text() -> str:
    """Return the text that a new study begins with: paragraphs, with an empty line between them."""
    return _CONSENT_TEXT


def translated_consent_text(text: str, language: str) -> str | None:
    """Return a text of consent in another language where it is, word for word, the one that a new study begins with."""
    return _CONSENT_TEXT_IN.get(language) if text == _CONSENT_TEXT else None


def personal_agent_paragraph(language: str) -> str:
    """Return what is said of personal agents before people agree, in a language."""
    with override(language):
        return gettext(
            "Once you have finished eight photos, a program is fitted to you: from these photos alone it works out a "
            "few numbers, by which it edits more like you. These numbers, and what the program makes of photos, are "
            "kept with your data. They are shown to you alone, are not passed on, and are erased with your data. The "
            "researchers learn which picture you choose, where they ask you to compare."
        )


def paragraphs(text: str) -> list[str]:
    """Return the paragraphs of a text, which empty lines divide."""
    return [paragraph for paragraph in text.split("\n\n") if paragraph.strip()]


@dataclass(frozen=True)
class Texts:
    """What participants read, in one language."""

    language: str
    title: str
    consent_text: str
    consent_boxes: tuple[str, ...]
    debriefing: str

    @property
    def consent_paragraphs(self) -> list[str]:
        """The text of consent, paragraph by paragraph."""
        return paragraphs(self.consent_text)

    @property
    def debriefing_paragraphs(self) -> list[str]:
        """What is said at the end."""
        return paragraphs(self.debriefing)

    @property
    def agreed(self) -> str:
        """What somebody agrees to: the text, and each box that they tick."""
        return "\n\n".join([self.consent_text, *(f"[x] {box}" for box in self.consent_boxes)])
