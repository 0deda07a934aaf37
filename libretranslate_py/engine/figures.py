"""What there is to watch about the engine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from libretranslate_py.engine.engine import Engine
from libretranslate_py.figures import Figure, distribution

_BATCH_SIZES = (1, 2, 4, 8, 16, 32, 64, 128)
# Named from the beginning: a series that appears later looks like a jump.
_STAGES = ("extract", "tokenise", "queue", "decode", "detokenise", "rebuild")


def engine_figures(engine: Engine) -> list[Figure]:
    """Work done, work waiting, what is loaded and kept."""
    return [*_work(engine), *_stages(engine), *_models(engine), *_cache(engine)]


def _work(engine: Engine) -> Iterator[Figure]:
    batcher, tally = engine.batcher, engine.tally
    yield Figure("queue_sentences", "gauge", "Sentences that wait for a batch", batcher.waiting())
    sizes = distribution(batcher.sizes(), _BATCH_SIZES)
    yield Figure("batch_sentences", "histogram", "Sentences in each batch that was decoded", sizes)
    yield Figure("sentences_total", "counter", "Sentences of the texts that were translated", tally.sentences)
    yield Figure("characters_total", "counter", "Characters of the sentences that were translated", tally.characters)


def _stages(engine: Engine) -> Iterator[Figure]:
    spent: Mapping[str, float] = {**engine.tally.seconds(), "queue": engine.batcher.seconds_waited}
    for stage in dict.fromkeys((*_STAGES, *spent)):
        yield Figure(
            "stage_seconds_total",
            "counter",
            "Seconds that requests (extract, tokenise, queue, rebuild) and batches (decode, detokenise) took by stage",
            spent.get(stage, 0.0),
            {"stage": stage},
        )


def _models(engine: Engine) -> Iterator[Figure]:
    loaded = engine.pool.loaded()
    yield Figure("models_loaded", "gauge", "Models in memory", len(loaded))
    sizes: dict[str, int] = {}
    for package, size in loaded:
        # Two of one direction for a moment, while the requests that began with the old one end.
        direction = f"{package.source}-{package.target}"
        sizes[direction] = sizes.get(direction, 0) + size
    for direction, size in sorted(sizes.items()):
        yield Figure(
            "model_bytes", "gauge", "Memory of the weights of each model that is loaded", size, {"direction": direction}
        )


def _cache(engine: Engine) -> Iterator[Figure]:
    cache = engine.cache
    yield Figure("cache_hits_total", "counter", "Sentences found in the cache", cache.hits)
    yield Figure("cache_misses_total", "counter", "Sentences not found in the cache", cache.misses)
    yield Figure("cache_bytes", "gauge", "Memory of the translations that are kept, roughly", cache.bytes)
