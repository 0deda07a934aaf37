from __future__ import annotations

import threading

import pytest

from libretranslate_py.engine.pool import Pool
from libretranslate_py.errors import CorruptPackage
from libretranslate_py.packages.package import Package
from tests.fakes import FakeModel, WordTokenizer, fake_package, tagged

A, B, C = (fake_package("en", target) for target in ("aa", "bb", "cc"))


class Loader:
    def __init__(self) -> None:
        self.loads: list[str] = []
        self.models: dict[str, FakeModel] = {}
        self.gate = threading.Event()
        self.gate.set()
        self.fail: set[str] = set()

    def __call__(self, package: Package) -> FakeModel:
        self.loads.append(package.target)
        self.gate.wait(10)
        if package.target in self.fail:
            raise CorruptPackage(package.path, "on purpose")
        model = self.models[package.target] = FakeModel(package, tagged(package.target))
        return model


def make(loader: Loader, **options: float) -> Pool[FakeModel]:
    return Pool(loader, lambda package: WordTokenizer(), **options)  # type: ignore[arg-type]


def names(pool: Pool[FakeModel]) -> list[str]:
    return sorted(package.target for package, _ in pool.loaded())


def use(pool: Pool[FakeModel], package: Package) -> None:
    with pool.lease(package):
        pass


def test_a_model_loads_once_however_many_ask() -> None:
    loader = Loader()
    loader.gate.clear()
    pool = make(loader)
    threads = [threading.Thread(target=use, args=(pool, A)) for _ in range(8)]
    for thread in threads:
        thread.start()
    loader.gate.set()
    for thread in threads:
        thread.join(10)
    assert loader.loads == ["aa"]


def test_the_least_recently_used_model_goes_when_the_limit_is_reached() -> None:
    loader = Loader()
    pool = make(loader, memory_limit=2 * FakeModel.bytes)
    for package in (A, B, A, C):
        use(pool, package)
    assert names(pool) == ["aa", "cc"]
    assert loader.models["bb"].unloaded
    use(pool, B)
    assert loader.loads == ["aa", "bb", "cc", "bb"]


def test_a_leased_model_is_never_unloaded() -> None:
    pool = make(Loader(), memory_limit=1)
    with pool.lease(A) as model:
        use(pool, B)
        assert not model.unloaded
        assert "aa" in names(pool)


def test_idle_models_are_unloaded_by_sweep_and_busy_ones_are_not() -> None:
    pool = make(Loader(), idle_unload=1e-9)
    use(pool, A)
    with pool.lease(B):
        pool.sweep()
        assert names(pool) == ["bb"]
    pool.sweep()
    assert names(pool) == []


def test_sweep_keeps_everything_without_an_idle_time() -> None:
    pool = make(Loader())
    use(pool, A)
    pool.sweep()
    assert names(pool) == ["aa"]


def test_a_retired_model_goes_when_the_last_request_ends() -> None:
    loader = Loader()
    pool = make(loader)
    with pool.pin(A):
        use(pool, A)
        pool.retain([B])
        assert names(pool) == ["aa"], "a request still uses it"
        use(pool, A)
    assert names(pool) == []
    assert loader.models["aa"].unloaded


def test_a_package_that_comes_back_is_kept() -> None:
    pool = make(Loader())
    with pool.pin(A):
        use(pool, A)
        pool.retain([])
        pool.retain([A])
    assert names(pool) == ["aa"]


def test_a_failed_load_is_told_to_all_and_tried_again_later() -> None:
    loader = Loader()
    loader.fail.add("aa")
    pool = make(loader)
    for _ in range(2):
        with pytest.raises(CorruptPackage), pool.lease(A):
            pass
    loader.fail.clear()
    use(pool, A)
    assert names(pool) == ["aa"]


def test_a_package_that_is_gone_does_not_stay_loaded_for_a_late_request() -> None:
    pool = make(Loader())
    pool.retain([B])
    with pool.pin(A):
        use(pool, A)
        assert names(pool) == ["aa"]
    assert names(pool) == []


def test_a_renewed_model_is_unloaded_and_loaded_again() -> None:
    loader = Loader()
    pool = make(loader)
    pool.renew(A)
    use(pool, A)
    old = loader.models["aa"]
    with pool.pin(A):
        pool.renew(A)
        assert old.unloaded, "a request that holds the package gets the new model"
        use(pool, A)
    assert loader.loads == ["aa", "aa"]
    assert not loader.models["aa"].unloaded
    assert names(pool) == ["aa"]


def test_a_model_that_is_renewed_while_a_batch_runs_goes_when_the_batch_ends() -> None:
    loader = Loader()
    pool = make(loader)
    with pool.lease(A) as old:
        pool.renew(A)
        assert not old.unloaded
        with pool.lease(A) as new:
            assert new is not old
    assert old.unloaded
    assert not new.unloaded


def test_a_model_that_is_renewed_while_it_loads_is_not_kept() -> None:
    loader = Loader()
    loader.gate.clear()
    pool = make(loader)
    user = threading.Thread(target=use, args=(pool, A))
    user.start()
    while not loader.loads:
        user.join(0.01)
    renewer = threading.Thread(target=pool.renew, args=(A,))
    renewer.start()
    renewer.join(0.05)
    loader.gate.set()
    user.join(10)
    renewer.join(10)
    first = loader.models["aa"]
    use(pool, A)
    assert loader.models["aa"] is not first
    assert first.unloaded


def test_who_holds_a_package_holds_its_renewed_model_as_well() -> None:
    loader = Loader()
    pool = make(loader)
    with pool.pin(A):
        use(pool, A)
        pool.renew(A)
        use(pool, A)
        pool.retain([])
        assert not loader.models["aa"].unloaded, "its files may be gone: it could not be loaded again"
        use(pool, A)
    assert loader.loads == ["aa", "aa"]
    assert loader.models["aa"].unloaded
    assert names(pool) == []
