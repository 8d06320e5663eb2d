"""Developing many photos: one after the other by a few processes, each photo finished, or as it was before.

A finished picture has a sidecar beside it, the steps file ``<picture>.safelight.json``, which also says of what and how
it was made. The sidecar is written first, so a picture under its final name always has one, and a command that is run
again leaves alone what is there already.
"""

import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any, Protocol

from editing.files import atomic_file, remove_drafts
from editing.photos.decoding import open_photo, source_sha256
from editing.photos.memory import memory_needed
from editing.photos.open_photo import OpenPhoto
from editing.photos.photo_error import PhotoError, printable
from editing.photos.preview import agent_view, preview_of
from editing.photos.read_options import ReadOptions
from editing.processes import Crashed, each_by_processes
from editing.rendering.developing import UNLIMITED, check_destination, develop_photo
from editing.rendering.writing import Output
from editing.trajectories.steps_file import StepsFile, StepsFileError, read_steps, write_steps
from learning.agent.games import GameRequest
from learning.agent.single_games import SinglePlayer, load_single_player
from learning.cluster import each_on_cluster

SIDECAR = ".safelight.json"
# Each holds what the libraries need, and compiles for itself.
MAXIMUM_PROCESSES = 4


class DevelopError(ValueError):
    """Photos cannot be developed as asked; the message is one line."""


class Decision(Protocol):
    """Which steps a photo gets. It is sent to other processes."""

    @property
    def samples(self) -> int:
        """How many treatments a photo gets."""
        ...

    def request(self, sample: int) -> dict[str, Any]:
        """Return what a sidecar says of the treatment, as JSON values: the same request gives the same steps."""
        ...

    def decide(self, photo: OpenPhoto, sha256: str, samples: Sequence[int]) -> list[StepsFile]:
        """Return the steps of each of the samples asked for."""
        ...


@dataclass(frozen=True)
class SameSteps:
    """Every photo gets the same steps."""

    steps: StepsFile
    samples: int = 1

    def request(self, sample: int) -> dict[str, Any]:
        return {"steps": self.steps.to_json()["steps"]}

    def decide(self, photo: OpenPhoto, sha256: str, samples: Sequence[int]) -> list[StepsFile]:
        return [self.steps for _ in samples]


@dataclass(frozen=True)
class AgentDecides:
    """An agent plays each photo as ``safelight play`` lets it, on its 64 x 64 view.

    Attributes:
        run: the folder of its run.
        sha256: of its weights.
    """

    run: Path
    name: str
    sha256: str
    seed: int
    samples: int

    def request(self, sample: int) -> dict[str, Any]:
        return {"player": f"agent:{self.name}", "checkpoint": self.sha256, "seed": self.seed, "sample": sample}

    def decide(self, photo: OpenPhoto, sha256: str, samples: Sequence[int]) -> list[StepsFile]:
        agent = _agent(self.run)
        view = agent_view(preview_of(photo))
        games = [agent.play(GameRequest(sha256, sample, view), self.seed) for sample in samples]
        return [
            StepsFile(tuple(played.step for played in game), tuple(played.probabilities for played in game))
            for game in games
        ]


@cache
def _agent(run: Path) -> SinglePlayer:
    """Return an agent ready to play, read once in a process."""
    return load_single_player(run)


@dataclass(frozen=True)
class Job:
    """A photo, and the pictures that are to be made of it: one for each treatment."""

    source: Path
    destinations: tuple[Path, ...]


@dataclass(frozen=True)
class Outcome:
    """What became of a photo: how many pictures were made, how many were there already, and what went wrong."""

    made: int = 0
    already_made: int = 0
    failures: tuple[str, ...] = ()


def plan(sources: Sequence[Path], folder: Path, output: Output, samples: int) -> list[Job]:
    """Name what is made of each photo: ``IMG.CR2`` becomes ``IMG.jpg``, or ``IMG-1.jpg``, ``IMG-2.jpg`` ... of samples.

    Raises:
        DevelopError: if two pictures would have the same name (on a disk that does not tell A from a), or one would
            overwrite a photo.
    """
    jobs = []
    taken: dict[str, Path] = {}
    photos = {source.resolve() for source in sources}
    for source in sources:
        names = [source.stem] if samples == 1 else [f"{source.stem}-{sample + 1}" for sample in range(samples)]
        destinations = tuple(folder / f"{name}{output.suffix}" for name in names)
        for destination in destinations:
            name = printable(destination.name)
            other = taken.setdefault(destination.name.casefold(), source)
            if other != source:
                raise DevelopError(
                    f"{printable(str(other))} and {printable(str(source))} would both become {name}: "
                    "develop them into different folders"
                )
            if destination.resolve() in photos:
                raise DevelopError(
                    f"{name} would overwrite the photo {printable(str(destination))}: name another folder"
                )
        jobs.append(Job(source, destinations))
    return jobs


def without_results(photos: Sequence[Path], folder: Path) -> list[Path]:
    """Leave out what an earlier run has made: where the folder for pictures lies among the photos, both are found."""
    results = folder.resolve()
    return [path for path in photos if not (results in path.resolve().parents and sidecar_of(path).exists())]


def develop_all(
    jobs: Sequence[Job],
    decision: Decision,
    output: Output,
    read_options: ReadOptions,
    processes: int | None = None,
    scheduler: str | None = None,
) -> Iterator[Outcome]:
    """Yield what became of each photo, as they are done; one that fails, or crashes its process, stops no other.

    Args:
        processes: at once; by default one for each core, four at most. Fewer where memory would not suffice.
        scheduler: the address of a Dask cluster, which does the work in place of processes here: all of its machines
            must see the jobs' files under these names.

    Raises:
        ClusterError: if the cluster cannot be used.
    """
    function = partial(develop_one, decision=decision, output=output, read_options=read_options)
    outcomes = each_on_cluster(function, jobs, scheduler) if scheduler else _by_processes(function, jobs, processes)
    for job, outcome in outcomes:
        if isinstance(outcome, Crashed):
            outcome = Outcome(failures=(f"{printable(job.source.name)}: {outcome}",))
        yield outcome


def _by_processes(
    function: Callable[[Job], Outcome], jobs: Sequence[Job], processes: int | None
) -> Iterator[tuple[Job, Outcome | Crashed]]:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    processes = max(1, min(processes or min(cores, MAXIMUM_PROCESSES), len(jobs)))
    if len(jobs) == 1:  # there are no others to keep from harm, and a process more takes as long as half a photo
        yield jobs[0], function(jobs[0])
        return
    begin = partial(_begin, max(1, cores // processes))
    yield from each_by_processes(function, jobs, processes, begin, memory=lambda job: memory_needed(job.source))


def _begin(threads: int) -> None:
    """Before Halide and libvips start, tell them how many threads are theirs."""
    os.environ |= {"HL_NUM_THREADS": str(threads), "VIPS_CONCURRENCY": str(threads)}


def develop_one(job: Job, decision: Decision, output: Output, read_options: ReadOptions) -> Outcome:
    """Make a photo's pictures, but for those that are there already."""
    name = printable(job.source.name)
    made, already_made, failures = 0, 0, []
    try:
        sha256 = source_sha256(job.source)
        requests = [_request(decision, sample, output, read_options) for sample in range(len(job.destinations))]
        missing = []
        for sample, destination in enumerate(job.destinations):
            try:
                if _is_made(destination, sha256, requests[sample]):
                    already_made += 1
                else:
                    missing.append(sample)
            except DevelopError as error:
                failures.append(f"{name}: {error}")
        if missing:
            photo = open_photo(job.source, read_options, limit=UNLIMITED)
            for sample, steps in zip(missing, decision.decide(photo, sha256, missing), strict=True):
                about = {"photo": {"name": name, "sha256": sha256}, **requests[sample]}
                _develop(photo, job.destinations[sample], steps, output, about)
                made += 1
    except PhotoError as error:
        failures.append(str(error))
    except OSError as error:
        failures.append(f"{name}: {_reason(error)}")
    return Outcome(made, already_made, tuple(failures))


def _develop(photo: OpenPhoto, destination: Path, steps: StepsFile, output: Output, about: Mapping[str, Any]) -> None:
    check_destination(photo.path, destination)
    remove_drafts(destination)
    with atomic_file(destination) as file:
        developed = develop_photo(photo, steps.steps, file, output)
        size = {"width": developed.width, "height": developed.height}
        about = {**steps.about, **about, "picture": size, "decoding": developed.decoding}
        write_steps(sidecar_of(destination), StepsFile(steps.steps, steps.probabilities, about))


def sidecar_of(picture: Path) -> Path:
    """Return where the steps of a finished picture stand."""
    return picture.with_name(picture.name + SIDECAR)


def _request(decision: Decision, sample: int, output: Output, read_options: ReadOptions) -> dict[str, Any]:
    """Return what decides how a picture comes out, its photo aside, as JSON values."""
    made = {"format": output.format, "size": output.size, "metadata": output.metadata, **asdict(read_options)}
    quality = {"quality": output.quality} if output.has_quality else {}
    return {"decision": decision.request(sample), "output": {**made, **quality}}


def _is_made(destination: Path, sha256: str, request: Mapping[str, Any]) -> bool:
    """Say whether a picture is there already.

    Raises:
        DevelopError: if one is there that was made otherwise, or of another photo.
    """
    if not os.path.lexists(destination):
        return False
    try:
        about = read_steps(sidecar_of(destination)).about
    except StepsFileError:
        about = {}
    photo = about.get("photo")
    same_photo = isinstance(photo, dict) and photo.get("sha256") == sha256
    if same_photo and {key: about.get(key) for key in request} == _as_read(request):
        return True
    raise DevelopError(f"{destination} is there already, and was made otherwise: remove it, or name another folder")


def _as_read(values: Mapping[str, Any]) -> Any:
    return json.loads(json.dumps(values))


def _reason(error: OSError) -> str:
    return os.strerror(error.errno).lower() if error.errno is not None else str(error)


def total(outcomes: Iterable[Outcome]) -> Outcome:
    """Return all of them together."""
    listed = list(outcomes)
    failures = tuple(failure for outcome in listed for failure in outcome.failures)
    return Outcome(sum(outcome.made for outcome in listed), sum(outcome.already_made for outcome in listed), failures)
