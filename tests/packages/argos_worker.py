"""Drives the real argostranslate for the tests: one JSON message per line, one answer per line."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from argostranslate import package, settings


def serve(message: dict[str, Any]) -> object:
    folders = [Path(message["folder"])] if "folder" in message else None
    match message["do"]:
        case "where":
            return {"packages": str(settings.package_data_dir), "index": str(settings.local_package_index)}
        case "list":
            found = package.get_installed_packages(folders)
            return sorted([str(each.package_path), each.type, each.package_version] for each in found)
        case "install":
            package.install_from_path(Path(message["archive"]))
        case "uninstall":
            for each in package.get_installed_packages(folders):
                if str(each.package_path) == message["path"]:
                    package.uninstall(each)
        case "translate":
            from argostranslate import translate

            languages = {language.code: language for language in translate.get_installed_languages()}
            return languages[message["source"]].get_translation(languages[message["target"]]) is not None
    return None


if __name__ == "__main__":
    for line in sys.stdin:
        try:
            answer = {"result": serve(json.loads(line))}
        except (OSError, ValueError) as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()
