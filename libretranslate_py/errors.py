"""Everything that can go wrong, as classes that carry data and know nothing of HTTP.

``str(error)`` is one English sentence for the person who reads a terminal or a log; a dialect in ``web/`` has a table
of its own from these classes to a status, a code and the words that its clients match.
"""

from __future__ import annotations

from pathlib import Path


class ProjectError(Exception):
    """Base of all errors of this project."""


# --- a request that cannot be answered as it stands ---------------------------------------------------------------


class RequestError(ProjectError):
    """The client sent something that this server does not take; sending it again will not help."""


class MissingParameter(RequestError):
    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(f"missing {name} parameter")


class InvalidParameter(RequestError):
    """``name`` has a value of the wrong type or out of range; ``accepted`` says what would have been taken."""

    def __init__(self, name: str, accepted: str) -> None:
        self.name = name
        self.accepted = accepted
        super().__init__(f"{name} parameter must be {accepted}")


class InvalidBody(RequestError):
    """The body cannot be read at all (not JSON, wrong charset); ``reason`` is a short clause."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(f"the body cannot be read: {reason}")


class InvalidJson(RequestError):
    """The body says that it is JSON, and is no JSON object."""

    def __init__(self) -> None:
        super().__init__("the body is not a JSON object")


class BodyTooLarge(RequestError):
    def __init__(self, limit: int) -> None:
        self.limit = limit
        super().__init__(f"the body is larger than the limit of {limit} bytes")


class UnsupportedLanguage(RequestError):
    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(f"{code} is not supported")


class UnsupportedPair(RequestError):
    """Both languages are known, but no route leads from one to the other. Codes are Argos codes."""

    def __init__(self, source: str, target: str) -> None:
        self.source = source
        self.target = target
        super().__init__(f"no installed package leads from {source} to {target}")


class UnsupportedFormat(RequestError):
    def __init__(self, format: str) -> None:
        self.format = format
        super().__init__(f"{format} format is not supported")


class TextTooLong(RequestError):
    def __init__(self, length: int, limit: int) -> None:
        self.length = length
        self.limit = limit
        super().__init__(f"a text of {length} characters exceeds the limit of {limit}")


class TooManyTexts(RequestError):
    def __init__(self, count: int, limit: int) -> None:
        self.count = count
        self.limit = limit
        super().__init__(f"a request of {count} texts exceeds the limit of {limit}")


class TooManyAlternatives(RequestError):
    def __init__(self, limit: int) -> None:
        self.limit = limit
        super().__init__(f"alternatives must be <= {limit}")


class UnknownGlossary(RequestError):
    """No glossary is stored under this id, which is cut and made printable here: it is whatever a client sent."""

    def __init__(self, glossary_id: str) -> None:
        shown = glossary_id if len(glossary_id) <= 80 else f"{glossary_id[:80]}…"
        self.glossary_id = "".join(character if character.isprintable() else "\ufffd" for character in shown)
        super().__init__(f"there is no glossary {self.glossary_id}")


# --- a request that is fine, at a moment that is not ----------------------------------------------------------------


class Unavailable(ProjectError):
    """The request was fine; the same request may succeed in ``retry_after`` seconds."""

    def __init__(self, message: str, retry_after: int) -> None:
        self.retry_after = retry_after
        super().__init__(message)


class Overloaded(Unavailable):
    def __init__(self, retry_after: int) -> None:
        super().__init__("the server has more requests than it can take on", retry_after)


class Stopping(Unavailable):
    def __init__(self, retry_after: int) -> None:
        super().__init__("the server is stopping", retry_after)


class ClientGone(ProjectError):
    """The client hung up while its request waited; nobody will read an answer."""


class TranslationFailed(ProjectError):
    """The model of a direction failed on a batch. Carries no text of the user; ``path`` is that of its package."""

    def __init__(self, source: str, target: str, reason: str, path: Path | None = None) -> None:
        self.path = path
        self.source = source
        self.target = target
        self.reason = reason
        super().__init__(f"translating from {source} to {target} failed: {reason}")


# --- packages on disk and on the network ----------------------------------------------------------------------------


class PackageError(ProjectError):
    """Something is wrong with a package, the store or the index."""


class CorruptPackage(PackageError):
    def __init__(self, path: Path, reason: str) -> None:
        self.path = path
        self.reason = reason
        super().__init__(f"{path} is not a usable package: {reason}")


class UnknownPackage(PackageError):
    """``name`` names no package; ``known`` are the names that would have been accepted."""

    def __init__(self, name: str, known: tuple[str, ...]) -> None:
        self.name = name
        self.known = known
        super().__init__(f"no package {name}; there are: {', '.join(known) if known else 'none'}")


class StoreUnwritable(PackageError):
    def __init__(self, path: Path, reason: str) -> None:
        self.path = path
        self.reason = reason
        super().__init__(f"packages cannot be written to {path}: {reason}")


class DownloadFailed(PackageError):
    def __init__(self, url: str, reason: str) -> None:
        self.url = url
        self.reason = reason
        super().__init__(f"{url} could not be downloaded: {reason}")


class IndexUnusable(PackageError):
    def __init__(self, url: str, reason: str) -> None:
        self.url = url
        self.reason = reason
        super().__init__(f"the package index {url} cannot be used: {reason}")


# --- glossaries on disk -----------------------------------------------------------------------------------------------


class GlossaryError(ProjectError):
    """Something is wrong with the file of a glossary or its folder."""


class FaultyGlossary(GlossaryError):
    """``faults``: each says in one sentence where it is (line 3: ...) and what, without the words of a term."""

    def __init__(self, name: str, faults: tuple[str, ...]) -> None:
        self.name = name
        self.faults = faults
        more = f" (and {len(faults) - 1} more)" if len(faults) > 1 else ""
        super().__init__(f"{name} is not a usable glossary: {faults[0]}{more}")


class GlossaryUnreadable(GlossaryError):
    def __init__(self, path: Path, reason: str) -> None:
        self.path = path
        self.reason = reason
        super().__init__(f"{path} cannot be read: {reason}")


class GlossariesUnwritable(GlossaryError):
    def __init__(self, path: Path, reason: str) -> None:
        self.path = path
        self.reason = reason
        super().__init__(f"glossaries cannot be written to {path}: {reason}")


# --- settings ---------------------------------------------------------------------------------------------------------


class SettingsError(ProjectError):
    """A setting has a value that is not accepted. ``option`` is the name as the person wrote it."""

    def __init__(self, option: str, value: str, accepted: str) -> None:
        self.option = option
        self.value = value
        self.accepted = accepted
        super().__init__(f"{option}={value!r} is not accepted: {accepted}")


# --- who may do how much ----------------------------------------------------------------------------------------------


class AccessError(ProjectError):
    """The request was understood, and is not answered for this client, or not now."""


class InvalidKey(AccessError):
    """The key is unknown or disabled; which of them is not told."""

    def __init__(self) -> None:
        super().__init__("the API key is not valid")


class KeyRequired(AccessError):
    """A key is needed; ``link`` is where to get one, or empty."""

    def __init__(self, link: str = "") -> None:
        self.link = link
        super().__init__("an API key is needed")


class Banned(AccessError):
    def __init__(self, retry_after: int) -> None:
        self.retry_after = retry_after
        super().__init__("the client has violated limits too often")


class RateLimited(AccessError):
    """``rate`` is the limit in words (3 per 1 minute), ``limit`` its number; it is free again in ``retry_after`` s."""

    def __init__(self, rate: str, limit: int, retry_after: int) -> None:
        self.rate = rate
        self.limit = limit
        self.retry_after = retry_after
        super().__init__(f"the limit of {rate} is used up")


class KeysUnavailable(Unavailable):
    """Keys cannot be looked up at the moment; that says nothing about the key that was sent."""

    def __init__(self, reason: str, retry_after: int = 5) -> None:
        self.reason = reason
        super().__init__(f"API keys cannot be looked up: {reason}", retry_after)


class KeysUnusable(AccessError):
    """The file with the API keys cannot be read or written; for the terminal and the log."""

    def __init__(self, path: Path, reason: str) -> None:
        self.path = path
        self.reason = reason
        super().__init__(f"the API keys in {path} cannot be used: {reason}")


# --- suggestions ------------------------------------------------------------------------------------------------------


class SuggestionsDisabled(RequestError):
    def __init__(self) -> None:
        super().__init__("suggestions are disabled")


class SuggestionsUnusable(ProjectError):
    def __init__(self, path: Path, reason: str) -> None:
        self.path = path
        self.reason = reason
        super().__init__(f"the suggestions in {path} cannot be used: {reason}")


# --- files ------------------------------------------------------------------------------------------------------------


class FilesDisabled(RequestError):
    def __init__(self) -> None:
        super().__init__("the translation of files is disabled")


class UnsupportedFile(RequestError):
    """``extension`` is that of the file that was sent, cut; ``accepted`` are those that would have been taken."""

    def __init__(self, extension: str, accepted: tuple[str, ...]) -> None:
        self.extension = extension[:20]
        self.accepted = accepted
        super().__init__(
            f"files of type {self.extension or '(none)'} are not supported; there are: {', '.join(accepted)}"
        )


class UnreadableFile(RequestError):
    """The file is not what its name says, is damaged, encrypted or a bomb; ``reason`` is a short clause."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(f"the file cannot be read: {reason}")


class UnknownFile(RequestError):
    """There is no such result or job, or no longer."""

    def __init__(self) -> None:
        super().__init__("there is no such file, or it has expired")


class ResultsUnwritable(ProjectError):
    """Results of files cannot be stored."""

    def __init__(self, path: Path, reason: str) -> None:
        self.path = path
        self.reason = reason
        super().__init__(f"translated files cannot be written to {path}: {reason}")
