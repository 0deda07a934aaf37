"""``python -m libretranslate_py`` serves."""

from libretranslate_py.cli import serve

if __name__ == "__main__":
    serve()
