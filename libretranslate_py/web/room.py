"""How many connections may be open at a time: each takes a file descriptor, and the rest of the process needs some."""

from __future__ import annotations

import logging
import sys
import time

if sys.platform != "win32":
    import resource

logger = logging.getLogger(__name__)

# Descriptors for models, packages and logs; half of them where there are too few for that.
_KEPT = 200
# Seconds between two warnings.
_WARN_EVERY = 60.0


class Room:
    """The connections that all servers of one loop may have together. Tells the log once a minute when it is short."""

    def __init__(self, connections: int) -> None:
        self.connections = connections
        self._next_warning = 0.0

    def warn(self, message: str, *arguments: object) -> None:
        now = time.monotonic()
        if now >= self._next_warning:
            self._next_warning = now + _WARN_EVERY
            logger.warning(message, *arguments)


def find_room(connections: int) -> Room:
    """Room for ``connections``, or for fewer where this process may not open so many files.

    The soft limit on open files is raised for them as far as the hard one allows.
    """
    limit = _raise_limit(connections + _KEPT)
    return Room(min(connections, limit - min(_KEPT, limit // 2)))


def _raise_limit(wanted: int) -> int:
    """How many files this process may open, ``wanted`` or more if that can be had."""
    if sys.platform == "win32":
        return wanted
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return wanted
    target = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if target <= soft:
        return soft
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (target, hard))
    except (OSError, ValueError) as error:
        logger.warning("The limit on open files stays at %d instead of %d: %s", soft, target, error)
        return soft
    return target
