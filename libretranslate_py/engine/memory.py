"""Gives memory that a batch needed back to the system, where the C library is glibc; elsewhere this does nothing."""

from __future__ import annotations

import ctypes
import sys

# From malloc.h.
_M_ARENA_MAX = -8
_ARENAS = 2


def _glibc() -> ctypes.CDLL | None:
    if not sys.platform.startswith("linux"):
        return None
    library = ctypes.CDLL(None)
    return library if hasattr(library, "malloc_trim") and hasattr(library, "mallopt") else None


def share_arenas() -> None:
    """Lets all threads share a few heaps; to be called before there are threads.

    Each of a hundred threads would otherwise keep what it once needed in one of eight heaps per processor.
    """
    if library := _glibc():
        library.mallopt(_M_ARENA_MAX, _ARENAS)


def return_free_memory() -> None:
    """Returns the pages of freed buffers. Decoding a batch takes a hundred megabytes that the heaps would keep."""
    if library := _glibc():
        library.malloc_trim(0)
