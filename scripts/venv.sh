# Sourced by scripts/parley and scripts/check: creates and updates the project's virtual environment `.venv`.
# Needs the variable `root` and sets `python`. Prints each step on standard error, and nothing if there is nothing to do.

python="$root/.venv/bin/python"
_needs="requirements.txt requirements-dev.txt constraints.txt"
_stamp="$root/.venv/parley-installed"

_is_new_enough() {
    "$1" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

_find_python() {
    if [ -n "${PYTHON:-}" ]; then
        _is_new_enough "$PYTHON" && echo "$PYTHON" && return
        echo "Parley needs Python 3.11 or newer with venv; PYTHON=$PYTHON is not." >&2
        return 1
    fi
    for _candidate in python3.13 python3.12 python3.11 python3; do
        _is_new_enough "$_candidate" && echo "$_candidate" && return
    done
    echo "Parley needs Python 3.11 or newer with venv: install it, or set PYTHON to its path." >&2
    return 1
}

# Run a command, and print its output only if it fails.
_quietly() {
    _printed=$("$@" 2>&1) && return
    printf '%s\n' "$_printed" >&2
    return 1
}

# False after an interrupted creation, or if the Python of the environment was removed.
_is_usable() {
    "$python" -c 'import sys, pip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

_create() {
    _found=$(_find_python) || return
    echo "Creating .venv ..." >&2
    _quietly "$_found" -m venv --clear "$root/.venv"
}

_install() {
    echo "Installing Parley's requirements (about a minute the first time) ..." >&2
    _pip -r requirements.txt -r requirements-dev.txt -c constraints.txt || return
    # Adds the command .venv/bin/parley. Needs no network: setuptools is in requirements-dev.txt.
    _pip --no-deps --no-build-isolation --editable .
}

_pip() {
    _quietly "$python" -m pip install --quiet --disable-pip-version-check --no-input "$@"
}

_checksum_of_requirements() {
    # shellcheck disable=SC2086 # one word per file
    (cd "$root" && cat $_needs | cksum)
}

_ready() {
    _checksum=$(_checksum_of_requirements) || return
    [ -x "$python" ] && [ "$(cat "$_stamp" 2>/dev/null)" = "$_checksum" ] && return
    _is_usable || _create || return
    (cd "$root" && _install) || return
    echo "$_checksum" >"$_stamp"
}

_ready || exit 1
