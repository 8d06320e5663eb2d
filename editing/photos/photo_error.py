"""What is wrong with a photo, said in one line that names its file."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class PhotoError(ValueError):
    """A photo that cannot be read. The message is one line for the person who brought it: what is wrong, what to do."""


class NotEnoughMemory(PhotoError):
    """A photo that takes more memory than there is, or than whoever reads it may take."""

    def __init__(self, message: str = "there is not enough memory for it") -> None:
        super().__init__(message)


class DecoderCrashed(PhotoError):
    """A photo whose decoder died on it: of damage, mostly, or of a lack of memory."""


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Turn what goes wrong with a photo in this block into a PhotoError that begins with the file's name."""
    try:
        yield
    except PhotoError as error:
        raise type(error)(f"{printable(path.name)}: {error}") from error
    except OSError as error:
        if error.errno == errno.ENOMEM:
            raise NotEnoughMemory(f"{printable(path.name)}: {NotEnoughMemory()}") from error
        raise PhotoError(f"{printable(path.name)}: {os_reason(error)}") from error
    except MemoryError as error:
        raise NotEnoughMemory(f"{printable(path.name)}: {NotEnoughMemory()}") from error


def printable(name: str) -> str:
    """Return a file name as one line of valid text, whatever bytes it is made of."""
    return "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in name)


def os_reason(error: OSError) -> str:
    """Why the system did not let a file be read, in plain words."""
    reasons = {errno.ENOENT: "there is no such file", errno.EACCES: "no permission to read it"}
    return reasons.get(error.errno or 0, (error.strerror or "it cannot be read").lower())
