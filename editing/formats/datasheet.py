"""A datasheet for a data set, after Gebru et al., "Datasheets for Datasets" (2021), as far as the data answer it."""

from editing.formats.about import About
from editing.trajectories.schemas import ALL_SCHEMAS

_OPEN = "*To be answered by the researchers.*"


def datasheet(about: About) -> str:
    """Return the datasheet as Markdown. What the program cannot know is marked as open."""
    parts = [f"# Datasheet: {about.title}\n", f"Version {about.version}. The questions are those of Gebru et al.\n"]
    for section, answers in _sections(about).items():
        parts.append(f"## {section}\n")
        parts.extend(f"**{question}** {answer}\n" for question, answer in answers)
    return "\n".join(parts)


def _sections(about: About) -> dict[str, list[tuple[str, str]]]:
    numbers, manifest, publication = about.numbers, about.manifest, about.publication
    authors = ", ".join(publication.authors) or _OPEN
    people = numbers["players"].get("human", 0)
    counts = "; ".join(f"{count:,} rows of {name}" for name, count in about.tables.items())
    left_out = manifest.get("episodes_left_out") or {}
    missing = ", ".join(f"{count} {reason}" for reason, count in left_out.items()) or "No episode was left out."
    photos = "; ".join(
        f"{count} under {licence or 'no stated licence'}" for licence, count in about.photo_licences.items()
    )
    return {
        "Motivation": [
            ("For what purpose was it created?", publication.description or _OPEN),
            ("Who created it?", authors),
            ("Who funded it?", _OPEN),
        ],
        "Composition": [
            ("What do the instances represent?", about.summary),
            ("How many are there?", f"{counts}."),
            ("Is it a sample?", f"It holds what the study collected. Left out: {missing}"),
            ("What data does each instance consist of?", _tables(about)),
            ("Is there a label or target?", "No. Judgements, where there are any, are people's answers to pictures."),
            (
                "Are relationships between instances explicit?",
                "Yes: steps and events name their episode, episodes their player and photo, judgements the episodes "
                "that were shown.",
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
        ],
        "Collection": [
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
        ],
        "Preprocessing": [
            (
                "Was anything preprocessed?",
                "Steps are derived from the events by the rules of the game; photos were decoded to linear sRGB, as "
                "photos.decoding says.",
            ),
            ("Is the raw data there too?", "Yes: events are what was recorded."),
            ("Is the software available?", f"Safelight; contract version {manifest.get('contract_version')}."),
        ],
        "Uses": [
            ("What is it for?", "Studying how people retouch photos, and training agents at the same game."),
            (
                "What should it not be used for?",
                "Finding out who somebody is. It says nothing of anybody's health, ability or taste beyond the game.",
            ),
            ("What could affect future uses?", "The photos are few, dark and linear; players chose to take part."),
        ],
        "Distribution": [
            ("How is it distributed?", publication.url or _OPEN),
            ("Does it have a DOI?", publication.doi or _OPEN),
            ("Under which licence?", about.licence or _OPEN),
            ("Are there other parties' rights?", f"The photos: {photos}."),
        ],
        "Maintenance": [
            ("Who maintains it?", authors),
            (
                "Will it be updated?",
                "Versions are numbered. A version after a withdrawal is a successor, and says so in its manifest.",
            ),
            ("How is it cited?", about.citation),
        ],
    }


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
