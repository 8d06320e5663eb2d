"""The card beside an export: what the files are, and under which licences the photos are."""

from collections import Counter

from editing.trajectories.schemas import Snapshot, rows


def write_card(snapshot: Snapshot) -> None:
    """Write ``README.md`` into the snapshot's folder."""
    (snapshot.directory / "README.md").write_text(_card(snapshot), encoding="utf-8")


def left_out_text(left_out: dict[str, int]) -> str:
    """A sentence on the episodes that an export lacks, by the reason; empty where it lacks none."""
    reasons = ", ".join(f"{count} {reason}" for reason, count in left_out.items())
    return f"Episodes left out: {reasons}." if reasons else ""


def _judgements(snapshot: Snapshot) -> str:
    count = snapshot.judgements.num_rows
    row = "| `judgements.parquet` | choice of a favourite among episodes of one photo, shown side by side, blind |"
    return f"{row} {count} |\n" if count else ""


def _card(snapshot: Snapshot) -> str:
    sources = Counter((photo["licence"], photo["attribution"]) for photo in rows(snapshot.photos))
    credit = "\n".join(
        f"- {count} {'photo' if count == 1 else 'photos'}: {attribution or 'source not stated'}"
        f" ({licence or 'no licence stated: ask before you pass them on'})"
        for (licence, attribution), count in sorted(sources.items())
    )
    kinds = Counter(episode["player_kind"] for episode in rows(snapshot.episodes))
    played = ", ".join(f"{count} by {kind} players" for kind, count in sorted(kinds.items())) or "none"
    removed = snapshot.manifest["photos_removed"]
    notes = left_out_text(snapshot.manifest["episodes_left_out"]) or "Nothing is left out."
    if removed:
        notes += f"\nPhotos removed from the site since they were played: {len(removed)}; `manifest.json` names them."
    return f"""# Retouching trajectories

Exported by Safelight on {snapshot.manifest["exported"]}. Each episode is one player's treatment of one dark, linear
photo in at most five steps, out of eight filters.

| file | one row for each | rows |
|---|---|---|
| `episodes.parquet` | episode: player, photo, study, status, time | {snapshot.episodes.num_rows} ({played}) |
| `steps.parquet` | step of a submitted episode: filter and physical parameters | {snapshot.steps.num_rows} |
| `events.parquet` | action on the way there, in order | {snapshot.events.num_rows} |
| `photos.parquet` | photo: how it was decoded, its licence | {snapshot.photos.num_rows} |
{_judgements(snapshot)}| `previews/` | the pixels: `<preview_sha256>.npy`, float16 (H, W, 3), linear sRGB | |

{notes}
The steps follow from the events; `manifest.json` says which version of the filters they were played with.

## Photos
{credit or "None."}
"""
