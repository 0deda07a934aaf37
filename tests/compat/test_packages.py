"""Languages, packages and the engine."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.compat.asking import Start, ask, codes, fail_to_start, figure, get, settle
from tests.e2e.process import ServerProcess
from tests.e2e.test_packages_while_running import archive, package_folder


def mirror(tmp_path: Path, *packages: tuple[str, str, str]) -> Path:
    """A folder with an index of these packages: source, target, version."""
    folder = tmp_path / "mirror"
    folder.mkdir()
    entries = []
    for source, target, version in packages:
        path = Path(shutil.move(archive(tmp_path / "made", source, target, version), folder))
        named = {"from_code": source, "to_code": target, "from_name": source, "to_name": target}
        entries.append({"package_version": version, "links": [path.name], **named})
    (folder / "index.json").write_text(json.dumps(entries))
    return folder


def installed(server: ServerProcess) -> list[str]:
    return sorted(path.name for path in server.packages.glob("translate-*"))


def seen(server: ServerProcess, words: str) -> None:
    server.wait_until(lambda: any(words in line for line in server.log))


def test_load_only(start: Start) -> None:
    """Also of what is installed, nothing else is served; the original serves all of it."""
    settle(start())
    server = start("--load-only", "en,es")
    assert codes(server) == ["en", "es"]
    assert ask(server, "Hello", target="es").good() == {"translatedText": "Hola"}
    assert ask(server, "Hello", target="fr").refusal(400) == "fr is not supported"


def test_load_only_of_a_language_that_is_not_there(start: Start) -> None:
    server = start("--load-only", "en,es,zz")
    assert codes(server) == ["en", "es"]
    seen(server, "no installed package translates zz")


def test_load_only_installs_what_is_missing(start: Start, tmp_path: Path) -> None:
    folder = mirror(tmp_path, ("en", "de", "1.0"), ("de", "en", "1.0"))
    server = start("--no-starter", "--load-only", "en,de", "--index-url", str(folder))
    server.wait_until(lambda: codes(server) == ["en", "de"])
    assert ask(server, "Hello", target="de").good() == {"translatedText": "Hola"}


def test_update_models(start: Start, tmp_path: Path) -> None:
    folder = mirror(tmp_path, ("en", "es", "1.5"))
    settle(start("--index-url", str(folder)))
    server = start("--index-url", str(folder), "--update-models")
    server.wait_until(lambda: "translate-en_es-1_5" in installed(server))
    server.wait_until(lambda: "translate-en_es-0_1" not in installed(server))
    assert ask(server, "Hello", target="es").good() == {"translatedText": "Hola"}


def test_without_update_models_nothing_is_updated(start: Start, tmp_path: Path) -> None:
    server = start("--index-url", str(mirror(tmp_path, ("en", "es", "1.5"))))
    settle(server)
    assert "translate-en_es-0_1" in installed(server)


def test_force_update_models(start: Start, tmp_path: Path) -> None:
    folder = mirror(tmp_path, ("en", "es", "1.5"))
    first = start("--index-url", str(folder), "--update-models")
    first.wait_until(lambda: "translate-en_es-1_5" in installed(first))
    assert first.stop() == 0
    same = start("--index-url", str(folder), "--update-models")
    settle(same)
    assert same.stop() == 0
    assert "translate-en_es-1_5" in installed(same)
    forced = start("--index-url", str(folder), "--force-update-models")
    # The same version once more has a folder of its own, so that the old one serves until it is there.
    forced.wait_until(lambda: "translate-en_es-1_5-r2" in installed(forced))
    forced.wait_until(lambda: "translate-en_es-1_5" not in installed(forced))
    assert ask(forced, "Hello", target="es").good() == {"translatedText": "Hola"}


@pytest.mark.parametrize("given", ["--packages-dir", "LT_PACKAGES_DIR", "ARGOS_PACKAGES_DIR"])
def test_packages_dir(start: Start, tmp_path: Path, given: str) -> None:
    folder = tmp_path / "volume"
    folder.mkdir()
    package_folder(folder, "en", "xy", "1.0")
    server = start(given, str(folder)) if given.startswith("--") else start(**{given: str(folder)})
    assert codes(server) == ["en", "xy"]
    assert ask(server, "Hello", target="xy").good() == {"translatedText": "Hola"}


def test_index_url(start: Start, tmp_path: Path) -> None:
    folder = mirror(tmp_path, ("en", "xy", "1.0"))
    for given in ({"LT_INDEX_URL": str(folder)}, {"ARGOS_PACKAGE_INDEX": str(folder / "index.json")}):
        home = tmp_path / next(iter(given))
        # The index of the tests is named on the command line, which is stronger; so this server is started without.
        server = ServerProcess(home, "--no-starter", "--load-only", "en,xy", environment=given).wait_listening()
        try:
            server.wait_until(lambda server=server: codes(server) == ["en", "xy"])
        finally:
            server.stop()


def test_no_starter(start: Start) -> None:
    server = start("--no-starter")
    assert codes(server) == []
    assert get(server, "/health").good() == {"status": "ok"}
    assert "No language package" in get(server, "/ready").refusal(503)
    assert not installed(server)


def test_glossaries_dir(start: Start, tmp_path: Path) -> None:
    folder = tmp_path / "terms"
    folder.mkdir()
    (folder / "brand.en-es.tsv").write_text("Hello\tBuenas\n")
    server = start("--glossaries-dir", str(folder))
    assert ask(server, "Hello", target="es", glossary_id="brand").good() == {"translatedText": "Buenas"}
    assert ask(server, "Hello", target="es", glossary_id="other").refusal(400)


def test_preload(start: Start) -> None:
    server = start("--preload", "en-es", "--metrics")
    settle(server)
    assert figure(server, "models_loaded") == 1
    assert figure(start("--metrics"), "models_loaded") == 0


def test_device(start: Start) -> None:
    """What is not there is said at the start; auto takes what is there."""
    import ctranslate2

    if ctranslate2.get_cuda_device_count() == 0:
        status, said = fail_to_start("--device", "cuda")
        assert (status, said.count("\n")) == (2, 1)
        assert "--device='cuda'" in said
    for device in ("cpu", "auto"):
        assert ask(start("--device", device), "Hello", target="es").good() == {"translatedText": "Hola"}


def test_compute_type(start: Start) -> None:
    """Weights of 32 bits take four times the memory of those of 8."""
    sizes = []
    for compute_type in ("int8", "float32"):
        server = settle(start("--compute-type", compute_type, "--metrics"))
        assert ask(server, "Hello", target="es").good() == {"translatedText": "Hola"}
        sizes.append(figure(server, "model_bytes"))
    assert sizes[1] > 3 * sizes[0] > 0


@pytest.mark.parametrize("option", ["--inter-threads", "--intra-threads"])
def test_threads_of_the_engine(start: Start, option: str) -> None:
    if not Path("/proc/self/task").exists():
        pytest.skip("this system does not show the threads of a process in /proc")
    counts = []
    for width in ("1", "4"):
        widths = {"--inter-threads": "1", "--intra-threads": "1", option: width}
        server = start(*(word for pair in widths.items() for word in pair), "--preload", "en-es")
        settle(server)
        assert ask(server, "Hello", target="es").good() == {"translatedText": "Hola"}
        counts.append(len(list(Path(f"/proc/{server.process.pid}/task").iterdir())))
    assert counts[1] > counts[0]


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("ARGOS_DEVICE_TYPE", "cpu"),
        ("ARGOS_COMPUTE_TYPE", "int8"),
        ("ARGOS_BEAM_SIZE", "2"),
        ("ARGOS_INTER_THREADS", "1"),
        ("ARGOS_INTRA_THREADS", "1"),
    ],
)
def test_variables_of_argos_translate(start: Start, variable: str, value: str) -> None:
    server = start(**{variable: value})
    assert not any(variable in line for line in server.log)
    status, said = fail_to_start(**{variable: "nothing"})
    assert (status, said.count("\n")) == (2, 1)
    assert variable in said


def test_beam_size(start: Start) -> None:
    """Any number of hypotheses translates; alternatives are there in any case."""
    for size in ("1", "4"):
        server = start("--beam-size", size)
        found = ask(server, "Good morning.", target="es", alternatives=3).good()
        assert found["translatedText"]
        assert len(found["alternatives"]) == 3


@pytest.mark.parametrize(("megabytes", "decoded"), [("64", 1), ("0", 2)])
def test_sentence_cache(start: Start, megabytes: str, decoded: int) -> None:
    server = settle(start("--sentence-cache", megabytes, "--metrics"))
    for _ in range(2):
        assert ask(server, "Hello", target="es").good() == {"translatedText": "Hola"}
    assert figure(server, "batch_sentences_sum") == decoded
    assert figure(server, "cache_hits_total") == 2 - decoded


def test_memory_limit(start: Start) -> None:
    """Each starter takes some 8 megabytes."""
    server = start("--memory-limit", "10", "--metrics")
    settle(server)
    for target in ("es", "fr", "es"):
        assert ask(server, "Hello", target=target).status == 200
    assert figure(server, "models_loaded") == 1


def test_idle_unload(start: Start) -> None:
    server = start("--idle-unload", "0.1", "--metrics")
    settle(server)
    assert ask(server, "Hello", target="es").status == 200
    server.wait_until(lambda: figure(server, "models_loaded") == 0)
    assert ask(server, "Hello", target="es").good() == {"translatedText": "Hola"}
