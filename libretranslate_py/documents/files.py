"""What can be done with a file: translate it while its client waits, or as a job; and fetch the result."""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import PurePosixPath

from libretranslate_py.documents.document import Format
from libretranslate_py.documents.jobs import Job, Jobs, StoredStates
from libretranslate_py.documents.results import Results
from libretranslate_py.documents.translating import Work, prepare, translate_work
from libretranslate_py.errors import ProjectError, UnreadableFile, UnsupportedFile
from libretranslate_py.figures import Figure
from libretranslate_py.languages import to_public
from libretranslate_py.places import Places
from libretranslate_py.text.pieces import Finder
from libretranslate_py.text.placeholders import DEFAULT
from libretranslate_py.translator import Translator

log = logging.getLogger(__name__)

# A document takes many times its size in memory while it is open: 50 bytes for one are not rare.
_PLACES = 2
# Files of at most so many bytes, unpacked, have places of their own: they need not wait until a book is translated.
_SMALL = 1_000_000
_SMALL_PLACES = 8
# The same for those that are only looked at, which takes moments: nobody there has to wait for a translation.
_LOOKING_PLACES = 1
_SMALL_LOOKING_PLACES = 4
# PDFs are read by processes of their own, for up to a minute: they have a line of their own, too.
_PDF = ".pdf"
_PDF_PLACES = 4
# Seconds between two looks for what has expired.
_SWEEP_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Errand:
    """A file to translate. name: as the client gave it; source, target: Argos codes, source may be ``auto``. find,
    terms: as in TranslationRequest."""

    name: str
    data: bytes
    source: str
    target: str
    find: Finder | None = DEFAULT.find
    terms: Callable[[str, str], Finder | None] | None = None


class Files:
    """Thread-safe. ``formats`` by extension, lower case with the dot."""

    def __init__(self, translator: Translator, results: Results, formats: Mapping[str, Format]) -> None:
        self.results = results
        self.formats = formats
        self._translator = translator
        self._counting = threading.Lock()
        self._translated: Counter[str] = Counter()
        self._places = Places(_PLACES)
        self._small_places = Places(_SMALL_PLACES)
        self._looking_places = Places(_LOOKING_PLACES)
        self._small_looking_places = Places(_SMALL_LOOKING_PLACES)
        self._pdf_places = Places(_PDF_PLACES)
        self._jobs = Jobs(StoredStates(results), results.expiry_seconds, on_drop=results.remove)
        self._stopped = threading.Event()

    def start(self) -> None:
        """Starts what removes expired files while nobody asks for any."""
        threading.Thread(target=self._tidy, name="files", daemon=True).start()

    def close(self) -> None:
        """Ends all jobs, and whatever waits for its turn."""
        self._stopped.set()
        for places in (
            *(self._places, self._small_places, self._pdf_places),
            *(self._looking_places, self._small_looking_places),
        ):
            places.close()
        self._jobs.close()

    def figures(self) -> Iterator[Figure]:
        """How many files of which format were translated, and how many jobs are unfinished."""
        with self._counting:
            translated = dict(self._translated)
        for extension, count in translated.items():
            yield Figure("files_total", "counter", "Translated files", count, {"format": extension.removeprefix(".")})
        for status, count in self._jobs.unfinished().items():
            yield Figure("file_jobs", "gauge", "Jobs that are not finished", count, {"status": status})

    def check_name(self, name: str) -> Format:
        """The format of a file of this name. Raises UnsupportedFile."""
        extension = PurePosixPath(name.replace("\\", "/")).suffix.lower()
        try:
            return self.formats[extension]
        except KeyError:
            raise UnsupportedFile(extension, tuple(self.formats)) from None

    @contextmanager
    def open(self, errand: Errand, stopped: Callable[[], bool]) -> Iterator[Work]:
        """The file taken apart; few can be open at a time, so this may wait, until ``stopped`` says True.

        Raises UnsupportedFile, UnreadableFile, UnsupportedLanguage, UnsupportedPair, ClientGone, Stopping.
        """
        with self._places_for(errand, self._places, self._small_places).hold(stopped):
            yield self._take_apart(errand)

    def measure(self, errand: Errand, stopped: Callable[[], bool]) -> int:
        """How many characters there are to translate. Raises what ``open`` raises."""
        with self._places_for(errand, self._looking_places, self._small_looking_places).hold(stopped):
            return self._take_apart(errand).characters

    def translate(
        self, errand: Errand, work: Work, stopped: Callable[[], bool], progress: Callable[[float], None] | None = None
    ) -> str:
        """Translates what ``open`` gave, and returns the name of the result.

        Raises what Translator.translate raises, and ResultsUnwritable.
        """
        data = translate_work(
            work,
            self._translator,
            progress=progress or (lambda share: None),
            stopped=stopped,
            find=errand.find,
            terms=errand.terms,
        )
        chosen = self.check_name(errand.name)
        with self._counting:
            self._translated[chosen.extension] += 1
        return self.results.store(errand.name, to_public(errand.target), chosen.result_extension, data)

    def submit(self, errand: Errand, describe: Callable[[ProjectError], str], client: str = "") -> Job:
        """Lines up a file that ``measure`` could open; it is opened again in its turn, since it is small until then.

        ``describe`` words for its client what goes wrong; ``client``: see Jobs.submit. Raises Overloaded, Stopping,
        ResultsUnwritable.
        """

        def task(progress: Callable[[float], None], stopped: Callable[[], bool]) -> str:
            with self.open(errand, stopped) as work:
                return self.translate(errand, work, stopped, progress)

        return self._jobs.submit(task, len(errand.data), describe, client)

    def job(self, job_id: str) -> Job:
        """Raises UnknownFile."""
        return self._jobs.get(job_id)

    def cancel(self, job_id: str) -> Job:
        """Raises UnknownFile."""
        return self._jobs.cancel(job_id)

    def _places_for(self, errand: Errand, large: Places, small: Places) -> Places:
        chosen = self.check_name(errand.name)
        if chosen.extension == _PDF:
            return self._pdf_places
        return small if chosen.weigh(errand.data) <= _SMALL else large

    def _take_apart(self, errand: Errand) -> Work:
        if not errand.data:
            raise UnreadableFile("it is empty")
        document = self.check_name(errand.name).open(errand.data)
        return prepare(document, errand.source, errand.target, self._translator)

    def _tidy(self) -> None:
        while True:
            try:
                self.results.sweep()
            except OSError as error:
                log.warning("expired files could not be removed: %s", error)
            if self._stopped.wait(min(_SWEEP_SECONDS, max(1.0, self.results.expiry_seconds))):
                return
