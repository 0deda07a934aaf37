"""A self-hosted translation server that speaks the HTTP API of LibreTranslate."""

__version__ = "0.1.0"
