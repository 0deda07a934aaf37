"""A document and a direction -> the translated file, over the translator that texts go through, too."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass

from libretranslate_py.documents.document import Document, Piece
from libretranslate_py.errors import ClientGone, Overloaded, TranslationFailed, UnsupportedLanguage, UnsupportedPair
from libretranslate_py.text.pieces import Finder
from libretranslate_py.text.placeholders import DEFAULT
from libretranslate_py.text.spans import segments_of
from libretranslate_py.translator import AUTO, Translation, TranslationRequest, Translator

# What one request to the translator has at most: enough to fill the batches, little enough that progress is seen and
# a text of somebody else does not wait.
_CHUNK_CHARACTERS = 20_000
_CHUNK_PIECES = 300
# While the last batches of one chunk are decoded, the next one keeps the others full.
_IN_FLIGHT = 2
# How often a chunk is tried again that met a full queue; what was translated so far is worth some waiting.
_PATIENCE = 20
# Seconds between two questions whether to go on, while waiting.
_POLL = 0.2


@dataclass(frozen=True, slots=True)
class Work:
    """A document that is ready to be translated. source, target: Argos codes; characters: of all that is translated."""

    document: Document
    pieces: Sequence[Piece]
    source: str
    target: str
    characters: int


def prepare(document: Document, source: str, target: str, translator: Translator) -> Work:
    """Takes ``document`` apart. With ``auto`` as source, its language is detected once for all of it.

    Raises UnsupportedLanguage, UnsupportedPair.
    """
    if source == AUTO:
        source = _detect(document.sample(), target, translator)
    reachable = {entry.code: entry.targets for entry in translator.languages()}
    if source not in reachable:
        raise UnsupportedLanguage(source)
    if target not in reachable[source]:
        raise UnsupportedPair(source, target)
    pieces = document.pieces(source, target)
    return Work(document, pieces, source, target, sum(map(_length, pieces)))


def translate_work(
    work: Work,
    translator: Translator,
    *,
    progress: Callable[[float], None],
    stopped: Callable[[], bool],
    find: Finder | None = DEFAULT.find,
    terms: Callable[[str, str], Finder | None] | None = None,
) -> bytes:
    """The translated file.

    progress: told now and then which share of the characters is done, 0 to 1. stopped: asked now and then, also by
    other threads; True ends the work with ClientGone. find, terms: as in TranslationRequest. Raises what
    Translator.translate raises; then nothing of this document is decoded any more.
    """
    given_up = threading.Event()

    def is_over() -> bool:
        return given_up.is_set() or stopped()

    def translate(pieces: Sequence[Piece]) -> list[str]:
        if is_over():
            raise ClientGone
        request = TranslationRequest(
            tuple(pieces), work.source, work.target, client_gone=is_over, find=find, terms=terms
        )
        translated = [translation.text for translation in _ask(translator, request, is_over)]
        if len(translated) != len(pieces):
            raise TranslationFailed(work.source, work.target, f"{len(translated)} of {len(pieces)} pieces came back")
        return translated

    translations = [""] * len(work.pieces)
    done = 0
    try:
        for place, translated in _in_flight(translate, work.pieces):
            translations[place.start : place.stop] = translated
            done += sum(map(_length, work.pieces[place.start : place.stop]))
            progress(done / max(1, work.characters))
    finally:
        given_up.set()
    if stopped():
        raise ClientGone
    return work.document.write(translations, work.target)


def cut(pieces: Sequence[Piece]) -> Iterator[range]:
    """Where each chunk of ``pieces`` begins and ends: in order, without gaps, none of them empty."""
    start = characters = 0
    for place, piece in enumerate(pieces):
        length = _length(piece)
        if place > start and (characters + length > _CHUNK_CHARACTERS or place - start == _CHUNK_PIECES):
            yield range(start, place)
            start, characters = place, 0
        characters += length
    if start < len(pieces):
        yield range(start, len(pieces))


def _in_flight(
    translate: Callable[[Sequence[Piece]], list[str]], pieces: Sequence[Piece]
) -> Iterator[tuple[range, list[str]]]:
    """Yield the chunks with their translations as they become ready. The first error ends all of it."""
    chunks = cut(pieces)
    running: dict[Future[list[str]], range] = {}
    pool = ThreadPoolExecutor(_IN_FLIGHT, thread_name_prefix="document")
    try:
        while True:
            while len(running) < _IN_FLIGHT and (chunk := next(chunks, None)) is not None:
                running[pool.submit(translate, pieces[chunk.start : chunk.stop])] = chunk
            if not running:
                return
            for future in wait(running, return_when=FIRST_COMPLETED).done:
                yield running.pop(future), future.result()
    finally:
        # What still runs is told to stop by the caller, and nobody waits for it.
        pool.shutdown(wait=False, cancel_futures=True)


def _ask(translator: Translator, request: TranslationRequest, is_over: Callable[[], bool]) -> Sequence[Translation]:
    for _ in range(_PATIENCE):
        try:
            return translator.translate(request)
        except Overloaded as error:
            _pause(error.retry_after, is_over)
    return translator.translate(request)


def _pause(seconds: float, is_over: Callable[[], bool]) -> None:
    never = threading.Event()
    for _ in range(max(1, round(seconds / _POLL))):
        if is_over():
            raise ClientGone
        never.wait(_POLL)


def _detect(sample: str, target: str, translator: Translator) -> str:
    """The language that ``sample`` is most likely in, of those that lead to ``target`` if there is such a one."""
    ranked = translator.detect([sample])
    if ranked[0].confidence <= 0:
        # Nothing was recognised: the file is better left alone than translated from a wrong language.
        return target
    leading = {entry.code for entry in translator.languages() if target in entry.targets}
    return next((guess.language for guess in ranked if guess.language in leading), ranked[0].language)


def _length(piece: Piece) -> int:
    return len(piece) if isinstance(piece, str) else sum(len(segment.text) for segment in segments_of(piece))
