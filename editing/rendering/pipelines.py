"""Pipelines of Halide as machine code, which is compiled once on a machine and kept in the user's cache folder.

Halide starts its compiler anew in each process, which takes half a CPU second before the first pipeline. So pipelines
are written as object files, and a process that finds them there links them in memory by LLVM's linker, in some
milliseconds, and does not start Halide at all. Where they cannot be kept, Halide compiles them in the process.

A file that another processor, another Halide or another source of a pipeline has made has another name; one that is
damaged is noticed by its SHA-256, and made anew. docs/rendering.md has what it saves.
"""

import ctypes
import hashlib
import os
import struct
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import cache, lru_cache
from importlib.util import find_spec
from itertools import count
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np
from numpy.typing import NDArray

from editing import game, rendering
from editing.files import cache_folder, draft_beside, write_atomically

Argument = NDArray[Any] | ctypes.c_float | ctypes.c_uint32
Pipeline = Callable[..., None]
# Defines a pipeline: Halide's Func, and its arguments in order, without the result's buffer, which is the last.
Definition = Callable[[], tuple[Any, Sequence[Any]]]

# The oldest beyond so many are removed: of other versions, for the most part. They are some 20 kB each.
FILES_KEPT = 500
_SYMBOL = "pipeline"
_RUNTIME = "runtime"
_TYPE_CODES = {"i": 0, "u": 1, "f": 2}
# What defines pipelines, read as it is imported: it may be edited while the process lives.
_SOURCES = b"".join(
    path.read_bytes() for room in (game, rendering) for path in sorted(Path(room.__path__[0]).glob("*.py"))
)
_lock = Lock()
_numbers = count()


def load_pipeline(name: str, define: Definition) -> Pipeline:
    """Load a compiled pipeline; compile it, if it is not on the disk yet.

    Args:
        name: tells the pipelines of these rooms, `editing.game` and `editing.rendering`, apart.
        define: called only to compile.

    Returns:
        What runs it, on its arguments in order and the result's array: arrays whose type and dimensions are those of
        the definition, and numbers of `ctypes`. It raises RuntimeError if an argument is not as the definition says.
    """
    folder = _folder()
    if folder is None:
        return _compiled_here(define)
    try:
        with _lock:
            runtime = _linked_runtime(folder)
            machine_code = _kept(folder / f"{_digest(name, _SOURCES)}.o", lambda path: _compile(path, define))
            return _Linked(machine_code, runtime)
    except (OSError, RuntimeError):  # a disk that is full or read-only; a machine where LLVM cannot link
        return _compiled_here(define)


def _folder() -> Path | None:
    """Return the folder of object files; None if it is not ours alone to write in, or LLVM's linker is missing."""
    try:
        folder = cache_folder() / "pipelines"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        status = folder.stat()
    except (OSError, RuntimeError):
        return None
    # What is linked is run: nobody else may have put it there.
    ours = status.st_uid == os.geteuid() and not status.st_mode & 0o022
    return folder if ours and find_spec("llvmlite") else None


def _kept(path: Path, make: Callable[[Path], None]) -> bytes:
    """Read an object file, or make it. It is kept behind its own SHA-256."""
    with suppress(FileNotFoundError):
        stored = path.read_bytes()
        if hashlib.sha256(stored[32:]).digest() == stored[:32]:
            return stored[32:]
    with draft_beside(path) as draft:
        make(draft)
        content = draft.read_bytes()
    write_atomically(path, hashlib.sha256(content).digest() + content)
    _remove_oldest(path.parent)
    return content


def _remove_oldest(folder: Path) -> None:
    files = sorted(folder.glob("*.o"), key=lambda path: path.stat().st_mtime)
    for path in files[:-FILES_KEPT]:
        path.unlink(missing_ok=True)


@cache
def _installation() -> bytes:
    """Say of which processor and which Halide object files are, without starting Halide."""
    from llvmlite import binding

    halide = find_spec("halide")
    status = Path(halide.origin).stat() if halide and halide.origin else None
    installed = f"{status.st_size} {status.st_mtime_ns}" if status else ""
    processor = f"{binding.get_host_cpu_name()} {binding.get_host_cpu_features().flatten()}"
    return f"{binding.get_process_triple()} {processor} {installed}".encode()


def _digest(*parts: str | bytes) -> str:
    digest = hashlib.sha256()
    for part in (_installation(), *parts):
        content = part.encode() if isinstance(part, str) else part
        digest.update(len(content).to_bytes(8, "little") + content)
    return digest.hexdigest()


def _compile(path: Path, define: Definition) -> None:
    import halide

    function, arguments = define()
    target = halide.get_host_target().with_feature(halide.TargetFeature.NoRuntime)
    function.compile_to_object(str(path), list(arguments), _SYMBOL, target)


def _compile_runtime(path: Path) -> None:
    import halide

    halide.compile_standalone_runtime(str(path), halide.get_host_target())


class _Linked:
    """A pipeline that LLVM has linked in memory, for as long as the process lives."""

    def __init__(self, machine_code: bytes, runtime: str) -> None:
        from llvmlite.binding.orcjit import JITLibraryBuilder

        library = JITLibraryBuilder().add_object_img(machine_code).add_jit_library(runtime).add_current_process()
        symbol = f"{_SYMBOL}_argv"
        linked = library.export_symbol(symbol).link(_linker(), f"{_SYMBOL}{next(_numbers)}")
        self._run = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p)(linked[symbol])
        linked.detach()  # else its memory goes with the object, while Halide's threads may be in it

    def __call__(self, *arguments: Argument) -> None:
        held = [_buffer(argument) if isinstance(argument, np.ndarray) else argument for argument in arguments]
        addresses = (ctypes.c_void_p * len(held))(*map(ctypes.addressof, held))
        if self._run(ctypes.addressof(addresses)):
            raise RuntimeError(f"Halide: {_errors.pop() if _errors else 'no reason given'}")


@cache
def _linker() -> Any:
    """Return LLVM's linker in memory, which stays until the process ends."""
    from llvmlite import binding
    from llvmlite.binding.orcjit import create_lljit_compiler

    binding.initialize_native_target()
    binding.initialize_native_asmprinter()
    linker = create_lljit_compiler()
    linker._owned = True  # nobody disposes of it: Halide's threads wait in its memory
    return linker


@cache
def _linked_runtime(folder: Path) -> str:
    """Link what pipelines call, Halide's threads above all; return the library's name."""
    from llvmlite.binding.orcjit import JITLibraryBuilder

    machine_code = _kept(folder / f"{_digest(_RUNTIME)}.o", _compile_runtime)
    library = JITLibraryBuilder().add_object_img(machine_code).add_current_process()
    symbol = "halide_set_error_handler"
    name = f"{_RUNTIME}{next(_numbers)}"
    linked = library.export_symbol(symbol).link(_linker(), name)
    # Halide's own ends the process.
    ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p)(linked[symbol])(ctypes.cast(_error_handler, ctypes.c_void_p))
    linked.detach()
    return name


_errors: list[str] = []


def _keep_error(_context: int | None, message: bytes) -> None:
    _errors.append(message.decode(errors="replace").strip())


_error_handler = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_char_p)(_keep_error)


# halide_buffer_t of HalideRuntime.h: device, its interface, host, flags; type code, bits, lanes; number of dimensions,
# their address, and padding. Then for each dimension a halide_dimension_t: minimum, extent, stride in values, flags.
_BUFFER = "@QPPQBBHiPP"
_BUFFER_SIZE = struct.calcsize(_BUFFER)
_HOST, _DIMENSIONS = struct.calcsize("@QP"), struct.calcsize("@QPPQBBHi")  # where the two addresses are


def _buffer(array: NDArray[Any]) -> Any:
    """Describe an array as Halide does."""
    memory = ctypes.create_string_buffer(_layout(array.shape, array.strides, array.dtype))
    address = ctypes.addressof(memory)
    ctypes.c_void_p.from_address(address + _HOST).value = array.ctypes.data
    ctypes.c_void_p.from_address(address + _DIMENSIONS).value = address + _BUFFER_SIZE
    return memory


@lru_cache(1000)
def _layout(shape: tuple[int, ...], strides: tuple[int, ...], dtype: np.dtype[Any]) -> bytes:
    """Return an array's description but for its addresses; its last dimension is Halide's first."""
    size = dtype.itemsize
    buffer = struct.pack(_BUFFER, 0, 0, 0, 0, _TYPE_CODES[dtype.kind], 8 * size, 1, len(shape), 0, 0)
    sides = zip(reversed(shape), reversed(strides), strict=True)
    return buffer + b"".join(struct.pack("@iiiI", 0, extent, stride // size, 0) for extent, stride in sides)


def _compiled_here(define: Definition) -> Pipeline:
    """Let Halide compile a pipeline for this process alone."""
    import halide

    function, arguments = define()
    run = function.compile_to_callable(list(arguments), halide.get_host_target())

    def call(*arguments: Argument) -> None:
        run(*(halide.Buffer(each) if isinstance(each, np.ndarray) else each.value for each in arguments))

    return call
