"""A datasheet for a data set, after Gebru et al., "Datasheets for Datasets" (2021), as far as the data answer it."""

from editing.formats.about import About
from editing.trajectories.schemas import ALL_SCHEMAS

Answers = list[tuple[str, str]]  # questions with their answers
_OPEN = "*To be answered by the researchers.*"


def datasheet(about: About) -> str:
    """Return the datasheet as Markdown. What the program cannot know is marked as open."""
    sections = {
        "Motivation": _motivation(about),
        "Composition": _composition(about) + _structure(about),
        "Collection": _collection(about),
        "Preprocessing": _preprocessing(about),
        "Uses": _USES,
        "Distribution": _distribution(about),
        "Maintenance": _maintenance(about),
    }
    parts = [f"# Datasheet: {about.title}\n", f"Version {about.version}. The questions are those of Gebru et al.\n"]
    for section, answers in sections.items():
        parts.append(f"## {section}\n")
        parts.extend(f"**{question}** {answer}\n" for question, answer in answers)
    return "\n".join(parts)


def _motivation(about: About) -> Answers:
    return [
        ("For what purpose was it created?", about.publication.description or _OPEN),
        ("Who created it?", _authors(about)),
        ("Who funded it?", _OPEN),
    ]


def _composition(about: About) -> Answers:
    counts = "; ".join(f"{count:,} rows of {name}" for name, count in about.tables.items())
    left_out = about.manifest.get("episodes_left_out") or {}
    missing = ", ".join(f"{count} {reason}" for reason, count in left_out.items()) or "No episode was left out."
    return [
        ("What do the instances represent?", about.summary),
        ("How many are there?", f"{counts}."),
        ("Is it a sample?", f"It holds what the study collected. Left out: {missing}"),
        ("What data does each instance consist of?", _tables(about)),
        ("Is there a label or target?", "No. Judgements, where there are any, are people's answers to pictures."),
    ]


def _structure(about: About) -> Answers:
    return [
        (
            "Are relationships between instances explicit?",
            "Yes: steps and events name their episode, episodes their player and photo, judgements the episodes that "
            "were shown.",
        ),
        (
            "Are there recommended splits?",
            "By photo and by player, so that neither is in two parts: `safelight dataset split --by both`.",
        ),
        (
            "Are there errors, noise or redundancies?",
            "Events are as the players' browsers sent them, replayed by the rules of the game. Robots, agents, "
            "tutorials, previews by researchers, repeats and attention checks are marked as such.",
        ),
        ("Is it self-contained?", "Yes, but for the photos' originals: it holds previews."),
        (
            "Does it identify people?",
            "Players have pseudonyms of the study's own. No account, address or name is in it. "
            + ("Free texts that people wrote are in answers." if "answers" in about.tables else ""),
        ),
    ]


def _collection(about: About) -> Answers:
    people = about.numbers["players"].get("human", 0)
    return [
        (
            "How was it acquired?",
            f"People ({people:,} here) played a game in their browser; each action was recorded.",
        ),
        ("Who was involved, and how were they compensated?", _OPEN),
        ("Over what time?", "Times are in episodes.started; in a numbered version, since the study was opened."),
        (
            "Did people consent?",
            f"Each agreed to the study's text before anything was stored. {_consents(about)}".strip(),
        ),
        (
            "Could they revoke it?",
            "Yes, on a page of the site; nothing of them is in later versions. Copies that were downloaded before "
            "cannot be recalled; `tombstones.parquet` of a later version lets their holders delete the rows.",
        ),
        ("Was there an ethical review?", _OPEN),
        ("Was the configuration changed after the study had opened?", _changes(about)),
    ]


def _versions(about: About) -> str:
    """Return by which versions of the filters the episodes were played."""
    counts = about.manifest.get("contract_versions") or {about.manifest.get("contract_version"): "all"}
    return ", ".join(f"version {version} of the filters ({count} episodes)" for version, count in counts.items())


def _preprocessing(about: About) -> Answers:
    return [
        (
            "Was anything preprocessed?",
            "Steps are derived from the events by the rules of the game; photos were decoded to linear sRGB, as "
            "photos.decoding says.",
        ),
        ("Is the raw data there too?", "Yes: events are what was recorded."),
        ("Is the software available?", f"Safelight; {_versions(about)}."),
    ]


_USES: Answers = [
    ("What is it for?", "Studying how people retouch photos, and training agents at the same game."),
    (
        "What should it not be used for?",
        "Finding out who somebody is. It says nothing of anybody's health, ability or taste beyond the game.",
    ),
    ("What could affect future uses?", "The photos are few, dark and linear; players chose to take part."),
]


def _distribution(about: About) -> Answers:
    photos = "; ".join(
        f"{count} under {licence or 'no stated licence'}" for licence, count in about.photo_licences.items()
    )
    return [
        ("How is it distributed?", about.publication.url or _OPEN),
        ("Does it have a DOI?", about.publication.doi or _OPEN),
        ("Under which licence?", about.licence or _OPEN),
        ("Are there other parties' rights?", f"The photos: {photos}."),
    ]


def _maintenance(about: About) -> Answers:
    return [
        ("Who maintains it?", _authors(about)),
        (
            "Will it be updated?",
            "Versions are numbered. A version after a withdrawal is a successor, and says so in its manifest.",
        ),
        ("How is it cited?", about.citation),
    ]


def _authors(about: About) -> str:
    return ", ".join(about.publication.authors) or _OPEN


def _tables(about: About) -> str:
    return " ".join(f"`{name}`: {ALL_SCHEMAS[name].metadata[b'description'].decode()}" for name in about.tables)


def _consents(about: About) -> str:
    consents = about.manifest.get("consents") or {}
    return " ".join(
        f"{study}: {', '.join(f'{count} to version {version}' for version, count in versions.items())}."
        for study, versions in consents.items()
    )


def _changes(about: About) -> str:
    changes = about.manifest.get("changes_after_opening")
    if changes is None:
        return "This export does not say; the study's log on the site does."
    days = [f"day {change['days_after_opening']}: {', '.join(change['settings'])}" for change in changes]
    return f"Yes. {'; '.join(days).capitalize()}." if days else "No."
