"""Gives memory that a batch needed back to the system, where the C library is glibc; elsewhere this does nothing."""

from __future__ import annotations

import ctypes
import sys

# From malloc.h.
_M_TRIM_THRESHOLD = -1
_M_MMAP_THRESHOLD = -3
_M_ARENA_MAX = -8
_HEAPS = 4
# The most that glibc takes for both.
_LARGEST_BUFFER = 32 * 1024 * 1024
_KEPT = 1024 * 1024 * 1024


def _glibc() -> ctypes.CDLL | None:
    if not sys.platform.startswith("linux"):
        return None
    library = ctypes.CDLL(None)
    return library if hasattr(library, "malloc_trim") and hasattr(library, "mallopt") else None


def keep_buffers() -> None:
    """Lets batches use the same memory one after the other, in a few heaps; to be called before there are threads.

    Otherwise the buffers of every batch come fresh from the system, page by page, which costs 3 to 4 % of the time of
    a translation; and each of a hundred threads may keep what it once needed in one of eight heaps per processor.
    """
    if library := _glibc():
        library.mallopt(_M_ARENA_MAX, _HEAPS)
        library.mallopt(_M_MMAP_THRESHOLD, _LARGEST_BUFFER)
        library.mallopt(_M_TRIM_THRESHOLD, _KEPT)


def return_free_memory() -> None:
    """Returns the pages of freed buffers. Decoding a batch takes a hundred megabytes that the heaps would keep."""
    if library := _glibc():
        library.malloc_trim(0)
