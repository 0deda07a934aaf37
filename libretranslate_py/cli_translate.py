"""``ltmanage translate`` and ``ltmanage detect``: what the server does, on the terminal."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

import click

from libretranslate_py.languages import resolve, to_public

if TYPE_CHECKING:
    from libretranslate_py.glossaries import Glossaries
    from libretranslate_py.settings import Settings
    from libretranslate_py.text.pieces import Finder

_FORMATS = ("text", "html")


@click.command("translate")
@click.option("--source", "-s", default="auto", help="Language code, or auto.")
@click.option("--target", "-t", required=True, help="Language code.")
@click.option("--format", "form", type=click.Choice(_FORMATS), default=_FORMATS[0], help="What TEXTS are. [text]")
@click.option("--glossary-id", metavar="ID", help="A stored glossary to follow.")
@click.option(
    "--placeholders",
    "kept",
    metavar="KIND|REGEX",
    multiple=True,
    help="Keep only placeholders of this kind, or also what matches; can be repeated.",
)
@click.argument("texts", nargs=-1)
@click.pass_obj
def translate(
    settings: Settings,
    source: str,
    target: str,
    form: str,
    glossary_id: str | None,
    kept: Sequence[str],
    texts: Sequence[str],
) -> None:
    """Translate TEXTS, or the standard input."""
    # CTranslate2 and the models are not needed to show a help text.
    from libretranslate_py.services import build
    from libretranslate_py.text import placeholders
    from libretranslate_py.translator import AUTO, TranslationRequest

    chosen = placeholders.parse(list(kept) or None)
    services = build(settings, os.environ)
    codes = [entry.code for entry in services.translator.languages()]
    request = TranslationRequest(
        tuple(texts) or (sys.stdin.read(),),
        AUTO if source == AUTO else resolve(source, codes),
        resolve(target, codes),
        format=form,
        find=chosen.finder(),
        terms=_terms(services.glossaries, glossary_id) if glossary_id else None,
    )
    for translation in services.translator.translate(request):
        print(translation.text, end="\n" if texts else "")


def _terms(glossaries: Glossaries, glossary_id: str) -> Callable[[str, str], Finder | None]:
    """What finds the terms of a stored glossary for a source and a target. Raises UnknownGlossary when it is called."""

    def find_terms(source: str, target: str) -> Finder | None:
        stored = glossaries.find(glossary_id, source, target)
        return partial(stored.find, target=target) if stored else None

    return find_terms


@click.command("detect")
@click.argument("texts", nargs=-1)
@click.pass_obj
def detect(settings: Settings, texts: Sequence[str]) -> None:
    """Name the language of TEXTS, or of the standard input, with how sure that is."""
    from libretranslate_py.services import build

    translator = build(settings, os.environ).translator
    for text in texts or (sys.stdin.read(),):
        print(
            *(f"{to_public(found.language)} {found.confidence:g}" for found in translator.detect([text])[:3]), sep=", "
        )
