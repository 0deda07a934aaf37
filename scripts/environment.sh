# Sourced by run, test and check: makes ./venv and installs the project into it, with the extras in $1 ("" or "[test]").
# Does nothing when that has been done since pyproject.toml last changed.

find_python() {
    for candidate in ${PYTHON:-} python3 python3.13 python3.12 python3.11; do
        if command -v "$candidate" >/dev/null 2>&1 &&
            "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            echo "$candidate"
            return
        fi
    done
    echo "Python 3.11 or newer is needed (set PYTHON to its path)." >&2
    exit 1
}

prepare_environment() {
    extras=$1
    stamp=venv/.installed
    wanted="$(cksum <pyproject.toml) $extras"
    if [ -f "$stamp" ] && { [ "$(cat "$stamp")" = "$wanted" ] || [ "$(cat "$stamp")" = "$(cksum <pyproject.toml) [test]" ]; }; then
        return
    fi
    python=$(find_python)
    if ! [ -x venv/bin/python ]; then
        echo "Making the environment in ./venv ..." >&2
        "$python" -m venv venv || {
            echo "The venv module does not work; on Debian: apt-get install python3-venv" >&2
            exit 1
        }
    fi
    echo "Installing libretranslate-py$extras (about a minute) ..." >&2
    venv/bin/python -m pip install --quiet --disable-pip-version-check --editable ".$extras" >&2
    echo "$wanted" >"$stamp"
}
