"""The use case: a list of texts, a source, a target -> a list of translations."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from time import perf_counter

from libretranslate_py.detection import Detector, Guess
from libretranslate_py.drafts import best_combinations, join_versions, outside, protect_all, take_apart, windows_of
from libretranslate_py.engine.engine import Engine
from libretranslate_py.engine.model import DecodeOptions
from libretranslate_py.engine.routes import Route, find_route, reachable
from libretranslate_py.errors import ClientGone, CorruptPackage, TranslationFailed, UnsupportedPair
from libretranslate_py.packages.package import Catalogue
from libretranslate_py.places import Places
from libretranslate_py.sentences import Candidate, Rendition, Sentence, translate_sentences
from libretranslate_py.text import markup
from libretranslate_py.text.alignment import Alignment, compose
from libretranslate_py.text.paragraphs import extract, find_nothing
from libretranslate_py.text.pieces import Finder
from libretranslate_py.text.placeholders import DEFAULT
from libretranslate_py.text.slicing import cut_template, cut_text
from libretranslate_py.text.spans import Template, fill, segments_of

AUTO = "auto"
TEXT = "text"
HTML = "html"

# A wider beam for alternatives finds this many more than asked for, since some turn out equal.
_SPARE = 2
# ... and one more for every so many.
_PER_SPARE = 3

# Characters of a long text that are taken apart at a time.
_SLICE = 100_000

# Characters of HTML that take much memory, up to 200 bytes each, and how many such requests are answered at a time.
_LARGE_PAGE = 1_000_000
_LARGE_PAGES = 2

_SURROGATE = re.compile("[\ud800-\udfff]")

# How often a request is tried with another catalogue, when packages turn out to be unusable or come and go.
_ATTEMPTS = 3

# Languages with less confidence than this are left out of an answer to "which language is it".
_WORTH_NAMING = 1.0


@dataclass(frozen=True, slots=True)
class Detection:
    """A language (Argos code) and how sure that is, 0 to 100."""

    language: str
    confidence: float


@dataclass(frozen=True, slots=True)
class TranslationRequest:
    """texts: any strings, blank ones too, and templates that were made beforehand, for which format, attributes and
    preformatted mean nothing: what comes back for one is the template with its segments translated. source: an Argos
    code or ``auto`` (then each text is detected on its own).

    alternatives: how many other translations of each whole text to give, where so many different ones are found.
    client_gone: asked now and then while the request waits; True drops what has not been decoded yet.
    format: TEXT or HTML. attributes: whether attributes of HTML are translated, and its lang and dir follow the target.
    preformatted: whether the text of <pre> is translated. find: finds what must come out as it is. terms: gives what
    finds the terms of a glossary, for a source and a target.
    """

    texts: tuple[str | Template, ...]
    source: str
    target: str
    alternatives: int = 0
    client_gone: Callable[[], bool] | None = None
    format: str = TEXT
    attributes: bool = True
    preformatted: bool = False
    find: Finder | None = DEFAULT.find
    terms: Callable[[str, str], Finder | None] | None = None


@dataclass(frozen=True, slots=True)
class Translation:
    """detected is None unless the source was ``auto``; alternatives are distinct and leave out ``text``."""

    text: str
    alternatives: tuple[str, ...] = ()
    detected: Detection | None = None


@dataclass(frozen=True, slots=True)
class LanguageEntry:
    """An installed language: its Argos code, its name as its packages give it, and all languages it leads to."""

    code: str
    name_fallback: str
    targets: tuple[str, ...]


@dataclass(frozen=True)
class _Network:
    """An immutable picture of what can be translated; a request keeps the one that it began with."""

    catalogue: Catalogue
    languages: tuple[LanguageEntry, ...] = field(init=False)
    codes: frozenset[str] = field(init=False)
    version: str = field(init=False)

    def __post_init__(self) -> None:
        directions = self.catalogue.served.keys()
        names: dict[str, str] = {}
        for package in self.catalogue.served.values():
            names.setdefault(package.source, package.source_name)
            names.setdefault(package.target, package.target_name)
        codes = sorted(names, key=lambda code: (code != "en", names[code], code))
        entries = tuple(LanguageEntry(code, names[code], tuple(reachable(directions, code))) for code in codes)
        object.__setattr__(self, "languages", entries)
        object.__setattr__(self, "codes", frozenset(names))
        object.__setattr__(self, "version", ",".join(sorted(f"{p.name} {p.version}" for p in self.catalogue.packages)))

    def route(self, source: str, target: str) -> Route:
        route = find_route(self.catalogue.served.keys(), source, target)
        if route is None:
            raise UnsupportedPair(source, target)
        return route

    def sources_of(self, target: str) -> list[str]:
        """Languages from which ``target`` can be reached, itself included."""
        return [entry.code for entry in self.languages if target in entry.targets]


class Translator:
    """Thread-safe. ``use`` swaps the catalogue while requests go on with the one they have."""

    def __init__(
        self,
        engine: Engine,
        detector: Detector,
        catalogue: Catalogue,
        *,
        beam_size: int,
        on_failure: Callable[[CorruptPackage | TranslationFailed], None] | None = None,
        not_ready: str = "No language package is installed yet.",
    ) -> None:
        """``on_failure`` is told of a package that cannot be used; it may call ``use`` with a better catalogue, and the
        request is then tried again. ``not_ready`` is what ``ready`` says while there is no package."""
        self._on_failure = on_failure
        self._not_ready = not_ready
        self._engine = engine
        self._detector = detector
        self._beam_size = beam_size
        self._large_pages = Places(_LARGE_PAGES)
        self._network = _Network(catalogue)

    def use(self, catalogue: Catalogue) -> None:
        """From now on requests are answered with the packages of ``catalogue``."""
        self._network = _Network(catalogue)

    def languages(self) -> list[LanguageEntry]:
        """The installed languages, English first, then by name."""
        return list(self._network.languages)

    def version(self) -> str:
        """The packages in use, as one string; translations made with another one may differ."""
        return self._network.version

    def ready(self) -> str | None:
        """None when a translation can be made, else the reason why not, as one sentence."""
        return None if self._network.catalogue.served else self._not_ready

    def detect(self, texts: Sequence[str]) -> list[Detection]:
        """One ranking over all ``texts``, best first, never empty."""
        rankings = self._detector.detect(texts, self._network.codes)
        sums: dict[str, float] = {}
        for guess in (guess for ranking in rankings for guess in ranking):
            sums[guess.language] = sums.get(guess.language, 0.0) + guess.confidence / max(1, len(rankings))
        ranked = sorted(sums.items(), key=lambda item: -item[1])
        named = [Detection(code, round(sure, 1)) for code, sure in ranked if sure >= _WORTH_NAMING]
        return named or [Detection(code, 0.0) for code, _ in ranked[:1]] or [Detection("en", 0.0)]

    def translate(self, request: TranslationRequest) -> list[Translation]:
        """Translations in the order of the request's texts.

        Raises UnsupportedPair, Overloaded, Stopping, ClientGone, TranslationFailed, CorruptPackage.
        """
        markup_size = sum(map(len, request.texts)) if request.format == HTML else 0
        if markup_size <= _LARGE_PAGE:
            return self._attempt(request)
        with self._large_pages.hold(request.client_gone or _never):
            return self._attempt(request)

    def close(self) -> None:
        """Requests that wait for their turn get Stopping."""
        self._large_pages.close()

    def _attempt(self, request: TranslationRequest) -> list[Translation]:
        for _ in range(_ATTEMPTS):
            network = self._network
            try:
                return self._translate(request, network)
            except (CorruptPackage, TranslationFailed) as error:
                # Damaged, or removed before its model was loaded: there may be another version or way by now.
                if self._on_failure:
                    self._on_failure(error)
                if network is self._network:
                    raise
        return self._translate(request, self._network)

    def _translate(self, request: TranslationRequest, network: _Network) -> list[Translation]:
        texts = [_well_formed(text) if isinstance(text, str) else text for text in request.texts]
        detected = self._detect_sources(texts, request, network)
        # A text in which no installed language was recognised is better left alone than translated from a wrong one.
        sources = [
            request.source if guess is None else guess.language if guess.confidence > 0 else request.target
            for guess in detected
        ]
        found: list[tuple[str, ...]] = [()] * len(texts)
        for source in dict.fromkeys(sources):
            places = [place for place, its_source in enumerate(sources) if its_source == source]
            route = network.route(source, request.target)
            for place, versions in zip(
                places, self._translate_from(route, [texts[place] for place in places], request, network), strict=True
            ):
                found[place] = versions
        return [
            Translation(
                versions[0], versions[1:], Detection(guess.language, round(guess.confidence, 1)) if guess else None
            )
            for versions, guess in zip(found, detected, strict=True)
        ]

    def _detect_sources(
        self, texts: Sequence[str | Template], request: TranslationRequest, network: _Network
    ) -> list[Guess] | list[None]:
        if request.source != AUTO:
            return [None] * len(texts)
        allowed = network.sources_of(request.target)
        visible = [_visible(text, request) for text in texts]
        different = list(dict.fromkeys(visible))
        rankings = self._detector.detect(different, allowed or network.codes)
        best = {text: ranking[0] for text, ranking in zip(different, rankings, strict=True)}
        return [best[text] for text in visible]

    def _translate_from(
        self, route: Route, texts: Sequence[str | Template], request: TranslationRequest, network: _Network
    ) -> list[tuple[str, ...]]:
        """Each text's translation and its alternatives, along one route."""
        if not route:
            return [(_unchanged(text),) for text in texts]
        terms = request.terms(route[0].source, request.target) if request.terms else None
        slices = (
            (place, template)
            for place, text in enumerate(texts)
            for template in self._slices(text, route[0].source, terms, request)
        )
        versions: list[list[tuple[str, ...]]] = [[] for _ in texts]
        with ExitStack() as held:
            for direction in route:
                held.enter_context(self._engine.hold(network.catalogue.served[direction]))
            for window in windows_of(slices):
                found = self._translate_templates(route, [template for _, template in window], request, network)
                for (place, _), own in zip(window, found, strict=True):
                    versions[place].append(own)
        return [join_versions(of_slices) for of_slices in versions]

    def _translate_templates(
        self, route: Route, templates: Sequence[Template], request: TranslationRequest, network: _Network
    ) -> list[tuple[str, ...]]:
        if request.client_gone and request.client_gone():
            raise ClientGone
        began, tally = perf_counter(), self._engine.tally
        drafts = [take_apart(template, route[0].source) for template in templates]
        sentences = [sentence for draft in drafts for sentence in draft.sentences()]
        tally.count(len(sentences), sum(len(sentence.text) for sentence in sentences))
        tally.spend("extract", perf_counter() - began)
        found = iter(self._renditions(route, sentences, request, network))
        began = perf_counter()
        results = []
        for draft in drafts:
            own = [next(found) for _ in draft.sentences()]
            combinations = best_combinations([[one.score for one in r] for r in own], request.alternatives + 1)
            versions = [
                draft.assemble([r[n] for r, n in zip(own, choice, strict=True)], request.target)
                for choice in combinations
            ]
            results.append(tuple(dict.fromkeys(versions)))
        tally.spend("rebuild", perf_counter() - began)
        return results

    def _slices(
        self, text: str | Template, source: str, terms: Finder | None, request: TranslationRequest
    ) -> Iterator[Template]:
        """The text as a template with all its spans; a long one as several."""
        find = request.find or find_nothing
        if terms:
            find = outside(find, terms)
        if isinstance(text, str) and request.format == HTML:
            text = markup.extract(
                text,
                source=source,
                target=request.target,
                attributes=request.attributes,
                preformatted=request.preformatted,
            )
        if isinstance(text, str):
            for plain in cut_text(text, _SLICE):
                yield protect_all(extract(plain, find), terms)
            return
        for template in cut_template(text, _SLICE):
            yield protect_all(protect_all(template, find), terms)

    def _renditions(
        self, route: Route, sentences: Sequence[Sentence], request: TranslationRequest, network: _Network
    ) -> list[list[Rendition]]:
        """The renditions of each sentence, distinct and best first, all the way along the route."""

        def decode(sentences: Sequence[str], *, aligned: Sequence[bool]) -> list[list[Candidate]]:
            return self._follow(route, sentences, aligned, request, network)

        return translate_sentences(sentences, decode, route[0].source, request.target)

    def _follow(
        self,
        route: Route,
        sentences: Sequence[str],
        aligned: Sequence[bool],
        request: TranslationRequest,
        network: _Network,
    ) -> list[list[Candidate]]:
        options = DecodeOptions(self._beam_size, alignment=any(aligned))
        alignments: list[Alignment | None] = [None] * len(sentences)
        for direction in route[:-1]:
            package = network.catalogue.served[direction]
            found = self._engine.translate(package, sentences, options, request.client_gone, aligned)
            alignments = [_compose(before, best[0].alignment) for before, best in zip(alignments, found, strict=True)]
            sentences = [best[0].text.strip() or before for best, before in zip(found, sentences, strict=True)]
        last = network.catalogue.served[route[-1]]
        results = self._engine.translate(last, sentences, options, request.client_gone, aligned)
        if request.alternatives:
            count = request.alternatives + _SPARE + request.alternatives // _PER_SPARE
            options = replace(options, beam_size=max(self._beam_size, count), hypotheses=count)
            wider = self._engine.translate(last, sentences, options, request.client_gone, aligned)
            results = [best[:1] + others for best, others in zip(results, wider, strict=True)]
        return [
            [Candidate(h.text.strip() or sentence, h.score, _compose(before, h.alignment)) for h in hypotheses]
            for sentence, before, hypotheses in zip(sentences, alignments, results, strict=True)
        ]


def _visible(text: str | Template, request: TranslationRequest) -> str:
    """What is to be translated of a text, as plain text."""
    if not isinstance(text, str):
        return "\n".join(segment.text for segment in segments_of(text))
    if request.format != HTML:
        return text
    for attributes in (False, True):
        template = markup.extract(text, source=request.target, target=request.target, attributes=attributes)
        if found := [segment.text for segment in segments_of(template)]:
            return "\n".join(found)
    return ""


def _never() -> bool:
    return False


def _unchanged(text: str | Template) -> str:
    return text if isinstance(text, str) else fill(text, lambda segment: segment.raw)


def _compose(before: Alignment | None, alignment: Alignment | None) -> Alignment | None:
    return compose(before, alignment) if before and alignment else alignment


def _well_formed(text: str) -> str:
    """Half of a surrogate pair is no character: it cannot be encoded, so it becomes the replacement character."""
    return _SURROGATE.sub("\ufffd", text)
