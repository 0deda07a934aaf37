"""Whether the process lives, and whether it can translate."""

from __future__ import annotations

from flask import Blueprint, Response

from libretranslate_py.web.answers import answer, refuse
from libretranslate_py.web.options import Services

# Seconds; models are usually there after a few.
_RETRY_AFTER = 5


def create_blueprint(services: Services) -> Blueprint:
    blueprint = Blueprint("health", __name__)

    @blueprint.get("/health")
    def health() -> Response:
        return answer({"status": "ok"})

    @blueprint.get("/ready")
    def ready() -> Response:
        reason = "The server is stopping" if services.admission.closed else services.translator.ready()
        if reason is None:
            return answer({"status": "ok"})
        return refuse(503, reason, {"Retry-After": str(_RETRY_AFTER)})

    return blueprint
