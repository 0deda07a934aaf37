from __future__ import annotations

import errno
import os
import resource
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from libretranslate_py.errors import CorruptPackage, StoreUnwritable
from libretranslate_py.languages import Direction
from libretranslate_py.packages.lock import locked
from libretranslate_py.packages.store import Store

EN_DE = Direction("en", "de")
Check = Callable[[Path], None]


def damage(folder: Path) -> None:
    path = folder / "model" / "model.bin"
    path.write_bytes(path.read_bytes()[:-3])


def load_and_translate(folder: Path) -> None:
    """The real check, in a process of its own: a model may take the whole process with it."""
    program = (
        "import sys, ctranslate2, sentencepiece\n"
        "pieces = sentencepiece.SentencePieceProcessor(model_file=sys.argv[1] + '/sentencepiece.model')\n"
        "model = ctranslate2.Translator(sys.argv[1] + '/model', intra_threads=1)\n"
        "assert model.translate_batch([pieces.encode('Hello.', out_type=str)])[0].hypotheses[0]\n"
    )
    done = subprocess.run([sys.executable, "-c", program, str(folder)], capture_output=True, text=True, timeout=60)
    if done.returncode != 0:
        raise CorruptPackage(folder, done.stderr.strip().splitlines()[-1])


@contextmanager
def no_more_files() -> Iterator[None]:
    """As in a process that has as many files open as it may."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


class TestInstall:
    def test_real_packages_with_a_real_check(self, starter_archives: Mapping[str, Path], tmp_path: Path) -> None:
        store = Store(tmp_path / "packages", check=load_and_translate)
        installed = store.install(starter_archives["translate-en_es-0_1"])
        assert installed.path == tmp_path / "packages" / "translate-en_es-0_1"
        assert store.read().packages == (installed,)
        assert store.verify() == [(installed.path, None)]
        damage(installed.path)
        [(path, reason)] = store.verify()
        assert path == installed.path
        assert reason

    def test_the_first_install_makes_the_folder_and_leaves_nothing_else(
        self, store: Store, make_archive: Callable[..., Path], leftovers: Callable[[Path], list[str]]
    ) -> None:
        archive = make_archive()
        installed = store.install(archive)
        assert store.read().served == {EN_DE: installed}
        assert store.held_packages()
        assert leftovers(store.folder) == []
        assert archive.exists()

    def test_the_name_of_the_folder_does_not_depend_on_the_archive(
        self, store: Store, make_archive: Callable[..., Path]
    ) -> None:
        assert store.install(make_archive("en", "de", "1.9", name="en_de")).path.name == "translate-en_de-1_9"
        assert store.install(make_archive("en", "fr", "1.9+a", name="x")).path.name == "translate-en_fr-1_9_a"

    def test_an_unknown_code_is_listed_under_its_code(self, store: Store, make_archive: Callable[..., Path]) -> None:
        store.install(make_archive("en", "tlh-Latn", "1.0"))
        assert list(store.read().served) == [Direction("en", "tlh-Latn")]

    def test_the_highest_version_is_served_in_whatever_order_they_came(
        self, store: Store, make_archive: Callable[..., Path]
    ) -> None:
        new = store.install(make_archive(version="1.10"))
        old = store.install(make_archive(version="1.9"))
        assert store.read().served == {EN_DE: new}
        assert store.read().shadowed == (old,)
        assert store.remove_older(new) == [old]
        assert store.read().packages == (new,)

    def test_removing_older_ones_keeps_newer_ones_and_other_directions(
        self, store: Store, make_archive: Callable[..., Path]
    ) -> None:
        store.install(make_archive(version="1.8"))
        kept = [store.install(make_archive(version=version)) for version in ("1.9", "2.0")]
        kept.append(store.install(make_archive("de", "en", "1.0")))
        assert [package.version for package in store.remove_older(kept[0])] == ["1.8"]
        assert set(store.read().packages) == set(kept)

    def test_an_installed_version_stays_as_it_is(
        self, store: Store, make_archive: Callable[..., Path], digest: Callable[[Path], str]
    ) -> None:
        first = store.install(make_archive(content=b"first"))
        before = digest(store.folder)
        assert store.install(make_archive(content=b"second", file="again.zip")) == first
        assert digest(store.folder) == before

    def test_force_installs_the_same_version_anew(self, store: Store, make_archive: Callable[..., Path]) -> None:
        names = []
        for content in (b"first", b"second", b"third"):
            package = store.install(make_archive(content=content), force=True)
            names.append(package.path.name)
            assert store.read().packages == (package,)
            assert content in (package.path / "model/model.bin").read_bytes()
        assert names == ["translate-en_de-1_0", "translate-en_de-1_0-r2", "translate-en_de-1_0-r3"]

    def test_a_damaged_model_of_the_same_version_is_replaced_without_force(
        self, store: Store, make_archive: Callable[..., Path]
    ) -> None:
        archive = make_archive()
        damage(store.install(archive).path)
        installed = store.install(archive)
        assert store.read().packages == (installed,)
        assert store.verify() == [(installed.path, None)]

    def test_a_damaged_folder_of_that_name_is_replaced(self, store: Store, make_archive: Callable[..., Path]) -> None:
        archive = make_archive()
        (store.install(archive).path / "metadata.json").unlink()
        assert store.read().served == {}
        installed = store.install(archive)
        assert store.verify() == [(installed.path, None)]

    def test_versions_that_make_the_same_folder_name_live_side_by_side(
        self, store: Store, make_archive: Callable[..., Path]
    ) -> None:
        first = store.install(make_archive(version="1.0.post1"))
        second = store.install(make_archive(version="1.0-post1"))
        assert second == first
        third = store.install(make_archive(version="1.0+what", name="a"))
        fourth = store.install(make_archive(version="1.0-what", name="b"))
        store.clean()
        assert {third, fourth} <= set(store.read().packages)
        assert third.path != fourth.path

    def test_another_direction_than_expected_changes_nothing(
        self,
        store: Store,
        make_folder: Callable[..., Path],
        make_archive: Callable[..., Path],
        digest: Callable[..., str],
    ) -> None:
        make_folder("es", "en", "1.0", parent=store.folder)
        (store.folder / ".lock").touch()
        before = digest(store.folder)
        archive = make_archive("es", "en", "1.0", content=b"other")
        with pytest.raises(CorruptPackage, match="es->en instead of en->es"):
            store.install(archive, force=True, expected=Direction("en", "es"))
        with pytest.raises(CorruptPackage, match="es->en instead of en->es"):
            store.install_folder(make_folder("es", "en"), expected=Direction("en", "es"))
        assert digest(store.folder) == before
        assert not store.held_packages()
        installed = store.install(archive, force=True, expected=Direction("es", "en"))
        assert store.read().packages == (installed,)

    @pytest.mark.parametrize("fields", [{"package_version": None}, {"package_version": "1.0/2"}, {"to_code": None}])
    def test_incomplete_metadata_are_refused_and_change_nothing(
        self, fields: dict[str, object], store: Store, make_archive: Callable[..., Path]
    ) -> None:
        archive = make_archive(**fields)
        with pytest.raises(CorruptPackage, match=next(iter(fields))) as caught:
            store.install(archive)
        assert caught.value.path == archive
        assert store.read().packages == ()
        assert not store.held_packages()

    def test_names_may_be_missing(self, store: Store, make_archive: Callable[..., Path]) -> None:
        installed = store.install(make_archive(from_name=None, to_name=None))
        assert store.read().packages == (installed,)

    def test_what_is_installed_without_a_version_stays_readable(
        self, store: Store, make_folder: Callable[..., Path], make_archive: Callable[..., Path]
    ) -> None:
        make_folder(package_version=None, parent=store.folder, name="en_de")
        [odd] = store.read().packages
        assert (odd.version, store.read().problems) == ("", ())
        installed = store.install(make_archive())
        assert store.remove_older(installed) == [odd]

    def test_a_newer_one_is_kept_where_that_is_asked_for_and_it_is_sound(
        self, store: Store, make_archive: Callable[..., Path], digest: Callable[..., str]
    ) -> None:
        newer = store.install(make_archive(version="2.0"))
        before = digest(store.folder)
        older = make_archive(version="1.0")
        assert store.install(older, keep_newer=True) == newer
        assert digest(store.folder) == before
        damage(newer.path)
        assert store.install(older, keep_newer=True).version == "1.0"

    @pytest.mark.parametrize("without", ["model/model.bin", "metadata.json", "sentencepiece.model"])
    def test_an_incomplete_archive_changes_nothing(
        self, without: str, store: Store, make_archive: Callable[..., Path], digest: Callable[[Path], str]
    ) -> None:
        store.install(make_archive(version="1.0"))
        before = digest(store.folder)
        archive = make_archive(version="2.0", without=(without,))
        with pytest.raises(CorruptPackage) as caught:
            store.install(archive, force=True)
        assert caught.value.path == archive
        assert digest(store.folder) == before

    def test_an_archive_whose_model_fails_the_check_changes_nothing(
        self,
        store: Store,
        make_folder: Callable[..., Path],
        make_archive: Callable[..., Path],
        digest: Callable[..., str],
    ) -> None:
        old = store.install(make_archive(version="1.0"))
        before = digest(store.folder)
        folder = make_folder(version="1.1")
        damage(folder)
        archive = Path(shutil.make_archive(str(folder), "zip", folder.parent, folder.name))
        with pytest.raises(CorruptPackage, match="cannot be loaded") as caught:
            store.install(archive)
        assert caught.value.path == archive
        assert digest(store.folder) == before
        assert store.read().served == {EN_DE: old}

    def test_a_check_that_breaks_in_another_way_leaves_nothing(
        self, tmp_path: Path, make_archive: Callable[..., Path], leftovers: Callable[[Path], list[str]]
    ) -> None:
        def interrupt(_: Path) -> None:
            raise KeyboardInterrupt

        store = Store(tmp_path / "packages", check=interrupt)
        with pytest.raises(KeyboardInterrupt):
            store.install(make_archive())
        assert leftovers(store.folder) == []
        assert store.read().packages == ()
        assert not store.held_packages()

    def test_a_folder_is_installed_without_its_rights_to_execute(
        self, store: Store, make_folder: Callable[..., Path]
    ) -> None:
        folder = make_folder(more_files=2)
        (folder / "data/part0.txt").chmod(0o755)
        installed = store.install_folder(folder)
        assert store.read().packages == (installed,)
        assert (installed.path / "data/part0.txt").stat().st_mode & 0o111 == 0
        assert folder.is_dir()

    def test_a_folder_with_a_link_is_refused(self, store: Store, make_folder: Callable[..., Path]) -> None:
        folder = make_folder()
        (folder / "model" / "passwd").symlink_to("/etc/passwd")
        with pytest.raises(CorruptPackage, match="link"):
            store.install_folder(folder)
        with pytest.raises(CorruptPackage, match="no such folder"):
            store.install_folder(folder.parent / "missing")


class TestRead:
    def test_a_missing_folder_is_an_empty_store(self, store: Store) -> None:
        assert store.read().packages == store.read().problems == ()
        assert store.verify() == []
        assert not store.folder.exists()

    def test_a_folder_that_is_a_file_is_a_problem(self, tmp_path: Path, check: Check) -> None:
        (tmp_path / "file").touch()
        for folder in (tmp_path / "file", tmp_path / "file" / "packages"):
            [problem] = Store(folder, check=check).read().problems
            assert problem.path == folder
            assert "Not a directory" in problem.reason

    def test_broken_things_are_problems_and_the_rest_is_served(
        self, store: Store, make_folder: Callable[..., Path], make_archive: Callable[..., Path]
    ) -> None:
        good = store.install(make_archive())
        make_folder("en", "fr", parent=store.folder, without=("model/model.bin",))
        make_folder("en", "../up", parent=store.folder, name="malformed")
        (store.folder / "empty").mkdir()
        (store.folder / "dangling").symlink_to("nowhere")
        (store.folder / "loop").symlink_to("loop")
        fifo = store.folder / "fifo"
        fifo.mkdir()
        os.mkfifo(fifo / "metadata.json")
        make_folder("en", "it", parent=store.folder, type="sbd")
        make_folder("en", "pt", parent=store.folder, name=".hidden")
        (store.folder / "notes.txt").write_text("not a folder")
        catalogue = store.read()
        assert catalogue.packages == (good,)
        assert {problem.path.name for problem in catalogue.problems} == {
            "translate-en_fr-1_0",
            "malformed",
            "empty",
            "dangling",
            "loop",
            "fifo",
        }
        assert len(store.verify()) == 7

    def test_a_link_to_a_package_is_followed_and_only_the_link_removed(
        self, store: Store, make_folder: Callable[..., Path]
    ) -> None:
        folder = make_folder()
        store.folder.mkdir()
        (store.folder / "linked").symlink_to(folder)
        [package] = store.read().packages
        store.remove(package)
        assert store.read().packages == ()
        assert (folder / "model/model.bin").exists()

    def test_the_fingerprint_differs_whenever_the_catalogue_does(
        self, store: Store, make_archive: Callable[..., Path], make_folder: Callable[..., Path]
    ) -> None:
        seen = [store.fingerprint()]

        def changed() -> bool:
            seen.append(store.fingerprint())
            return seen[-1] not in seen[:-1]

        assert store.fingerprint() == seen[0]
        store.folder.mkdir()
        assert changed()
        first = store.install(make_archive(version="1.0"))
        assert changed()
        second = store.install(make_archive(version="1.1"))
        assert changed()
        store.remove(first)
        assert changed()
        (second.path / "metadata.json").write_text("{")
        assert changed()
        slow = make_folder("en", "fr", parent=store.folder, without=("model/model.bin", "sentencepiece.model"))
        assert changed()
        (slow / "sentencepiece.model").touch()
        assert changed()
        (slow / "model/model.bin").touch()
        assert changed()
        (slow / "model/model.bin").write_bytes(b"more")
        assert changed()
        assert store.fingerprint() == seen[-1]
        (store.folder / ".staging").mkdir()
        assert store.fingerprint() == seen[-1]

    @pytest.mark.parametrize(
        "file",
        [
            "metadata.json",
            "sentencepiece.model",
            "bpe.model",
            "model/model.bin",
            "model/config.json",
            "model/shared_vocabulary.json",
            "model/shared_vocabulary.txt",
            "model/source_vocabulary.json",
            "model/target_vocabulary.txt",
        ],
    )
    def test_the_fingerprint_sees_each_file_that_is_replaced(
        self, file: str, store: Store, make_folder: Callable[..., Path]
    ) -> None:
        path = make_folder(parent=store.folder) / file
        path.write_bytes(b"one")
        before = store.fingerprint()
        path.write_bytes(b"three")
        assert store.fingerprint() != before

    def test_too_many_open_files_are_no_empty_store(self, store: Store, make_archive: Callable[..., Path]) -> None:
        installed = store.install(make_archive())
        before = store.fingerprint()
        with no_more_files():
            catalogue = store.read()
            assert store.fingerprint() != before
        assert catalogue.packages == ()
        assert catalogue.incomplete
        assert {problem.path for problem in catalogue.problems} == {store.folder, store.starter_folder}
        assert all(problem.transient and "open files" in problem.reason for problem in catalogue.problems)
        assert store.read().packages == (installed,)
        assert not store.read().incomplete

    @pytest.mark.parametrize(
        ("number", "transient"),
        [
            (errno.EMFILE, True),
            (errno.ENFILE, True),
            (errno.ENOMEM, True),
            (errno.EIO, True),
            (errno.EACCES, False),
        ],
    )
    @pytest.mark.parametrize(("file", "way"), [("metadata.json", "open"), ("model.bin", "stat"), ("broken", "stat")])
    def test_a_package_that_cannot_be_looked_at_just_now(
        self,
        number: int,
        transient: bool,
        file: str,
        way: str,
        store: Store,
        make_folder: Callable[..., Path],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        make_folder("en", "es", parent=store.folder, name="broken")
        make_folder("en", "de", parent=store.folder, name="whole")
        whole = getattr(Path, way)

        def fail(path: Path, *arguments: object, **options: object) -> object:
            if path.name == file and "broken" in path.parts:
                raise OSError(number, "on purpose")
            return whole(path, *arguments, **options)

        monkeypatch.setattr(Path, way, fail)
        catalogue = store.read()
        assert [package.path.name for package in catalogue.packages] == ["whole"]
        [problem] = catalogue.problems
        assert (problem.path, problem.transient) == (store.folder / "broken", transient)
        assert catalogue.incomplete is transient
        if transient:
            with pytest.raises(StoreUnwritable, match="at the moment"):
                store.install_starters([Direction("en", "es")])
        monkeypatch.undo()
        assert [package.path.name for package in store.read().packages] == ["whole", "broken"]


class TestRemove:
    def test_a_removed_package_is_gone_and_removing_it_again_is_no_error(
        self, store: Store, make_archive: Callable[..., Path], leftovers: Callable[[Path], list[str]]
    ) -> None:
        installed = store.install(make_archive())
        store.remove(installed)
        store.remove(installed)
        assert store.read().packages == ()
        assert list(store.folder.glob("translate*")) == []
        assert leftovers(store.folder) == []

    def test_a_package_outside_of_the_store_is_not_removed(self, store: Store) -> None:
        starter = store.starters().packages[0]
        with pytest.raises(StoreUnwritable, match="does not lie in"):
            store.remove(starter)
        assert starter.path.exists()


class TestStarters:
    def test_all_come_into_an_empty_store_byte_for_byte(
        self, store: Store, starter_folder: Path, digest: Callable[[Path], str], leftovers: Callable[[Path], list[str]]
    ) -> None:
        installed = store.install_starters()
        assert {str(package.direction) for package in installed} == {"en->es", "es->en", "en->fr", "fr->en"}
        assert store.read().packages == tuple(installed)
        assert all(package.starter for package in installed)
        for package in installed:
            assert digest(package.path) == digest(starter_folder / package.path.name)
        assert store.held_packages()
        assert leftovers(store.folder) == []

    def test_they_do_not_come_back(self, store: Store) -> None:
        for package in store.install_starters():
            store.remove(package)
        assert store.install_starters() == []
        assert store.read().packages == ()

    def test_they_do_not_come_to_a_store_whose_packages_another_program_installed(
        self, store: Store, make_folder: Callable[..., Path]
    ) -> None:
        make_folder(parent=store.folder)
        assert store.install_starters() == []
        [package] = store.read().packages
        assert not store.held_packages()
        store.remove(package)
        assert store.held_packages()
        assert store.install_starters() == []

    def test_wanted_directions_come_to_any_store_that_does_not_serve_them(
        self, store: Store, make_archive: Callable[..., Path]
    ) -> None:
        full_size = store.install(make_archive("en", "es", "1.0"))
        wanted = [Direction("en", "es"), Direction("es", "en"), Direction("en", "ja")]
        assert [str(package.direction) for package in store.install_starters(wanted)] == ["es->en"]
        assert store.read().served[Direction("en", "es")] == full_size
        assert not full_size.starter

    def test_every_package_of_an_index_is_newer(self, store: Store, make_archive: Callable[..., Path]) -> None:
        store.install_starters([Direction("en", "es")])
        full_size = store.install(make_archive("en", "es", "1.0"))
        assert store.read().served == {Direction("en", "es"): full_size}
        [removed] = store.remove_older(full_size)
        assert removed.starter

    def test_a_store_without_starters(self, tmp_path: Path, check: Check) -> None:
        store = Store(tmp_path / "packages", check=check)
        assert store.install_starters() == []
        assert store.starters().packages == ()
        assert not store.held_packages()

    def test_starters_that_lie_in_an_unreadable_place_are_a_problem(self, tmp_path: Path, check: Check) -> None:
        (tmp_path / "file").touch()
        store = Store(tmp_path / "packages", check=check, starter_folder=tmp_path / "file")
        assert len(store.starters().problems) == 1
        assert store.install_starters() == []


class TestUnwritable:
    def test_below_a_file(self, tmp_path: Path, check: Check, make_archive: Callable[..., Path]) -> None:
        (tmp_path / "file").touch()
        store = Store(tmp_path / "file" / "packages", check=check)
        assert not store.writable()
        for change in (lambda: store.install(make_archive()), store.install_starters, store.clean):
            with pytest.raises(StoreUnwritable, match="Not a directory"):
                change()
        store.mark_held()
        assert not store.held_packages()

    def test_a_missing_folder_is_writable_when_it_can_be_made(self, tmp_path: Path, check: Check) -> None:
        store = Store(tmp_path / "not" / "yet" / "packages", check=check)
        assert store.writable()
        assert not (tmp_path / "not").exists()

    def test_a_read_only_file_system(
        self,
        make_tmpfs: Callable[[str], Path],
        check: Check,
        starter_folder: Path,
        make_archive: Callable[..., Path],
    ) -> None:
        folder = make_tmpfs("size=8m")
        store = Store(folder / "packages", check=check, starter_folder=starter_folder)
        assert store.writable()
        installed = store.install(make_archive())
        subprocess.run(["mount", "-o", "remount,ro", str(folder)], check=True, timeout=20)
        assert not store.writable()
        assert store.read().packages == (installed,)
        store.mark_held()
        changes: list[Callable[[], object]] = [
            lambda: store.install(make_archive(version="2.0")),
            lambda: store.remove(installed),
            lambda: store.install_starters([Direction("en", "es")]),
        ]
        for change in changes:
            with pytest.raises(StoreUnwritable, match="Read-only file system"):
                change()
        assert store.verify() == [(installed.path, None)]
        assert len(store.starters().packages) == 4

    @pytest.mark.parametrize("as_mount", [True, False])
    def test_a_full_disk(
        self,
        as_mount: bool,
        make_tmpfs: Callable[[str], Path],
        check: Check,
        starter_folder: Path,
        make_archive: Callable[..., Path],
        digest: Callable[[Path], str],
    ) -> None:
        folder = make_tmpfs("size=3m")
        store = Store(folder if as_mount else folder / "packages", check=check, starter_folder=starter_folder)
        installed = store.install(make_archive())
        before = digest(installed.path)
        with pytest.raises(StoreUnwritable, match="are needed and"):
            store.install_starters([Direction("en", "es")])
        filler = folder / "filler"
        with pytest.raises(OSError, match="No space left"):
            filler.write_bytes(bytes(4 << 20))
        with pytest.raises(StoreUnwritable):
            store.install(make_archive(version="2.0", content=os.urandom(20_000)))
        assert store.read().packages == (installed,)
        assert digest(installed.path) == before
        staging = store.folder / ".staging"
        assert not staging.exists() or [path.name for path in staging.iterdir()] == ["metadata.json"]
        store.remove(installed)
        assert store.read().packages == ()
        filler.unlink()
        assert store.install(make_archive(version="2.0")).version == "2.0"

    def test_a_user_without_rights(self, store: Store, make_archive: Callable[..., Path]) -> None:
        if os.geteuid() == 0:
            pytest.skip("nothing is forbidden to root")
        store.install(make_archive())
        store.folder.chmod(0o500)
        try:
            assert not store.writable()
            with pytest.raises(StoreUnwritable, match="Permission denied"):
                store.install(make_archive(version="2.0"))
        finally:
            store.folder.chmod(0o700)


class TestStaging:
    def test_a_store_that_is_a_mount_of_its_own(
        self, make_tmpfs: Callable[[str], Path], check: Check, make_archive: Callable[..., Path]
    ) -> None:
        store = Store(make_tmpfs("size=3m"), check=check)
        for version in ("1.0", "1.1"):
            store.install(make_archive(version=version))
        assert len(store.read().packages) == 2
        # It cannot leave through the parent: it stays, with nothing but its stub.
        assert [path.name for path in (store.folder / ".staging").iterdir()] == ["metadata.json"]
        assert not (store.folder.parent / ".mounted.staging").exists()

    def test_leftovers_of_any_kind_are_cleaned(
        self, store: Store, make_archive: Callable[..., Path], leftovers: Callable[[Path], list[str]]
    ) -> None:
        installed = store.install(make_archive())
        staging = store.folder / ".staging"
        (staging / "tmpabc" / "translate-en_de-2_0").mkdir(parents=True)
        (staging / "tmpabc" / "file").touch()
        (staging / "link").symlink_to(installed.path)
        (store.folder.parent / ".packages.staging").mkdir()
        store.clean()
        assert leftovers(store.folder) == []
        assert store.verify() == [(installed.path, None)]

    def test_a_reinstall_that_was_killed_before_its_end_is_finished(
        self, store: Store, make_folder: Callable[..., Path]
    ) -> None:
        for name in ("translate-en_de-1_0", "translate-en_de-1_0-r2", "translate-en_de-1_0-r10", "en_de"):
            make_folder(parent=store.folder, name=name)
        make_folder(version="0.9", parent=store.folder)
        store.clean()
        kept = [package.path.name for package in store.read().packages]
        assert kept == ["translate-en_de-0_9", "en_de", "translate-en_de-1_0-r10"]

    def test_a_link_in_place_of_the_staging_folder_is_not_followed(
        self, store: Store, make_archive: Callable[..., Path], tmp_path: Path
    ) -> None:
        precious = tmp_path / "precious"
        precious.mkdir()
        (precious / "file").touch()
        store.folder.mkdir()
        (store.folder / ".staging").symlink_to(precious)
        store.install(make_archive())
        assert (precious / "file").exists()


class TestTwoAtOnce:
    def test_a_store_that_another_program_changes_is_waited_for_in_vain(
        self, tmp_path: Path, check: Check, make_archive: Callable[..., Path]
    ) -> None:
        store = Store(tmp_path / "packages", check=check, lock_timeout=0.1)
        held, release = threading.Event(), threading.Event()

        def hold() -> None:
            with locked(store.folder, 1):
                held.set()
                release.wait(20)

        holder = threading.Thread(target=hold)
        holder.start()
        try:
            assert held.wait(20)
            with pytest.raises(StoreUnwritable, match=r"another program .* 0\.1 seconds"):
                store.install(make_archive())
            assert store.read().packages == ()
        finally:
            release.set()
            holder.join()
        assert store.install(make_archive()).version == "1.0"

    def test_two_processes_install_the_same_and_different_packages(
        self, store: Store, start_installer: Callable[..., object], make_archive: Callable[..., Path]
    ) -> None:
        archives = [make_archive(version="1.0", more_files=20), make_archive("de", "en", "1.0", more_files=20)]
        installers = [start_installer() for _ in range(4)]
        for number, installer in enumerate(installers):
            installer.send(  # type: ignore[attr-defined]
                do="install", folder=str(store.folder), archive=str(archives[number % 2]), force=True, times=5
            )
        answers = [installer.receive() for installer in installers]  # type: ignore[attr-defined]
        assert [answer["error"] for answer in answers] == [None] * 4
        assert [str(package.direction) for package in store.read().packages] == ["de->en", "en->de"]
        assert all(reason is None for _, reason in store.verify())

    def test_threads_of_one_process(self, store: Store, make_archive: Callable[..., Path]) -> None:
        archives = [make_archive("en", code, "1.0") for code in ("de", "fr", "it", "pt")]
        threads = [threading.Thread(target=store.install, args=(archive,)) for archive in archives]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        assert len(store.read().packages) == 4
