#!/bin/sh
# Installs what the emulated boards are built and run with, on Debian and Ubuntu.
#
#   tools/boards/setup.sh            compilers, emulators, source tools, a speech synthesiser for notebook 7
#   tools/boards/setup.sh --list     only print what is missing
#   tools/boards/setup.sh --browser  what tests of the page need instead: Chromium, Node.js
#
# Does nothing when everything is there. Needs root or sudo, only when something is missing.
set -eu

packages="
    build-essential
    gcc-arm-none-eabi libnewlib-arm-none-eabi qemu-system-arm
    gcc-riscv64-unknown-elf picolibc-riscv64-unknown-elf qemu-system-misc
    cmake espeak-ng
"
# Not every Node.js comes from Debian; others bring npm themselves.
command -v node >/dev/null 2>&1 || packages="$packages nodejs"
command -v npm >/dev/null 2>&1 || packages="$packages npm"

if [ "${1:-}" = --browser ]; then
    packages="chromium fonts-dejavu-core $(command -v npm >/dev/null 2>&1 || echo nodejs npm)"
fi

if ! command -v apt-get >/dev/null 2>&1; then
    echo "setup: no apt-get here; install the equals of:" $packages >&2
    exit 1
fi

missing=""
for package in $packages; do
    state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
    [ "$state" = installed ] || missing="$missing $package"
done

if [ "${1:-}" = --list ]; then
    echo "${missing# }"
    exit 0
fi
if [ -z "$missing" ]; then
    echo "setup: everything is installed that is needed"
    exit 0
fi

if [ "$(id -u)" = 0 ]; then
    as_root=""
elif command -v sudo >/dev/null 2>&1; then
    as_root="sudo"
else
    echo "setup: run this as root, or install sudo. Missing:$missing" >&2
    exit 1
fi

echo "setup: installing$missing"
$as_root apt-get update -qq
DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq --no-install-recommends \
    $missing >/dev/null
echo "setup: done"
