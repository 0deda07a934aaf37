"""Who may import whom: only downward, and heavy or framework modules only where they belong."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "libretranslate_py"

# A module may import modules of a lower layer, and those of its own layer that are named here.
LAYERS = {
    "errors": 0,
    "languages": 0,
    "settings": 0,
    "figures": 0,
    "tally": 0,
    "places": 1,
    "option_kinds": 0,
    "options": 0,
    "text": 1,
    "packages": 2,
    "cache": 2,
    "detection": 2,
    "glossaries": 2,
    "storage": 2,
    "database": 1.5,
    "suggestions": 2,
    "answer_cache": 2.1,
    "engine": 2.5,
    "sentences": 2.7,
    "drafts": 2.8,
    "translator": 3,
    "access": 3,
    "documents": 3.2,
    "services": 4,
    "web": 5,
    "cli": 6,
    "__main__": 7,
}
SETTINGS_READERS = {
    "cli",
    "cli_serve",
    "cli_translate",
    "cli_keys",
    "cli_suggestions",
    "services",
    "services_access",
    "services_files",
    "web/app",
    "web/options",
}
HOMES = {
    "ctranslate2": "engine",
    "sentencepiece": "engine",
    "sentencex": "engine",
    "flask": "web",
    "werkzeug": "web",
    "waitress": "web",
    "prometheus_client": "web",
    "py3langid": "detection",
    "lxml": "documents",
    "pypdf": "documents",
    "polib": "documents",
    "markdown_it": "documents",
}
HEAVY = {
    "py3langid",
    "argostranslate",
    "lxml",
    "pypdf",
    "polib",
    "markdown_it",
    "babel",
    "prometheus_client",
    "redis",
    "sentencex",
}


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def unit(path: Path) -> str:
    """The module's name from the package's root, such as ``web/app``."""
    return path.relative_to(PACKAGE).with_suffix("").as_posix()


def layer(name: str) -> float:
    top = name.split("/")[0]
    return LAYERS[top if top in LAYERS else top.split("_")[0]]


def imports(tree: ast.AST) -> Iterator[tuple[str, ast.stmt]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            assert node.module
            yield node.module, node


@pytest.mark.parametrize("path", modules(), ids=unit)
def test_imports_point_downward(path: Path) -> None:
    name = unit(path)
    if name == "__init__":
        return
    for imported, _ in imports(ast.parse(path.read_text())):
        parts = imported.split(".")
        if parts[0] == "libretranslate_py" and len(parts) > 1:
            other = "/".join(parts[1:])
            same_room = other.split("/")[0] == name.split("/")[0] or parts[1].startswith(name.split("_")[0])
            same_room = same_room or layer(other) == layer(name) == 0
            assert same_room or layer(other) < layer(name), f"{name} imports {other}, which is not below it"
            if parts[1] == "settings":
                assert name in SETTINGS_READERS, f"{name} reads settings; it should take plain values"
        elif parts[0] in HOMES:
            home = HOMES[parts[0]]
            assert name.split("/")[0].startswith(home), f"{name} imports {parts[0]}, which belongs to {home}"


@pytest.mark.parametrize("path", modules(), ids=unit)
def test_imports_inside_functions_are_heavy_ones(path: Path) -> None:
    tree = ast.parse(path.read_text())
    top_level = {id(node) for node in tree.body}
    guarded = {id(n) for node in tree.body if isinstance(node, ast.If) for n in node.body}
    for imported, node in imports(tree):
        if id(node) not in top_level | guarded:
            own = imported.startswith("libretranslate_py")
            allowed = imported.split(".")[0] in HEAVY or (own and unit(path) in ("cli", "cli_serve", "cli_translate"))
            assert allowed, f"{unit(path)}:{node.lineno} imports {imported} inside a function"


def test_no_import_cycles() -> None:
    graph = {
        unit(path).removesuffix("/__init__"): {
            "/".join(name.split(".")[1:])
            for name, _ in imports(ast.parse(path.read_text()))
            if name.startswith("libretranslate_py.")
        }
        for path in modules()
    }
    done: set[str] = set()

    def visit(name: str, trail: tuple[str, ...]) -> None:
        assert name not in trail, " -> ".join((*trail, name))
        if name in done or name not in graph:
            return
        for other in graph[name]:
            visit(other, (*trail, name))
        done.add(name)

    for name in graph:
        visit(name, ())


def test_nothing_heavy_or_foreign_is_imported_at_start() -> None:
    """minisbd (AGPL) and onnxruntime come with a dependency; they and what is slow stay out."""
    code = (
        "import sys, libretranslate_py.cli, libretranslate_py.services, libretranslate_py.web.app\n"
        "bad = {'minisbd', 'onnxruntime', 'torch', 'argostranslate', 'py3langid', 'babel', 'numpy', 'stanza'}\n"
        "print(*sorted(bad & {name.split('.')[0] for name in sys.modules}))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []


def test_nothing_foreign_is_imported_on_the_way_of_a_request(tmp_path: Path) -> None:
    """The same after translating, detecting, and with the tokenizer of an older package."""
    (tmp_path / "bpe.model").write_text("#version: 0.2\nh e\n")
    code = (
        "import sys, pathlib\n"
        "from libretranslate_py.engine.tokenizer import BpeTokenizer\n"
        "from libretranslate_py.packages.package import Package\n"
        "from libretranslate_py.services import build\n"
        "from libretranslate_py.settings import load\n"
        "from libretranslate_py.translator import TranslationRequest\n"
        "home = pathlib.Path(sys.argv[1])\n"
        "services = build(load({}, {}, None), {'HOME': sys.argv[1]})\n"
        "(found,) = services.translator.translate(TranslationRequest(('Hello.',), 'auto', 'es', 2))\n"
        "assert found.text == 'Hola.', found\n"
        "BpeTokenizer(Package(home, 'en', 'es', '1', '', '', 'bpe', '', False)).encode('hello')\n"
        "services.stop()\n"
        "bad = {'minisbd', 'onnxruntime', 'torch', 'stanza', 'spacy'}\n"
        "print(*sorted(bad & {name.split('.')[0] for name in sys.modules}))\n"
    )
    command = [sys.executable, "-c", code, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stdout.split()) == (0, []), done.stderr
