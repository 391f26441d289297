"""MicroPython's source: the tree that ``$MICROPY_DIR`` names, else a pinned Debian package."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import tarfile
import tempfile
from pathlib import Path

from tinycl.boards.cache import cache, source_folder
from tinycl.boards.version import MICROPYTHON_VERSION
from tinycl.exceptions import BoardError

__all__ = ["ARCHIVE", "checked_source_folder", "fingerprint", "source_tree"]

ARCHIVE = f"micropython_{MICROPYTHON_VERSION}+ds.orig.tar.xz"
SHA256 = "7b25be99a502f070b2de81dafc08da7051d992325d6e67daa9045a918fffdbea"
SUITE = "trixie"
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")


def source_tree() -> Path:
    """Return the folder of MicroPython's source; fetch and unpack it when it is not there yet.

    Raises
    ------
    BoardError
        If ``$MICROPY_DIR`` is no MicroPython tree, or the archive cannot be had or is not the
        pinned one.
    """
    tree = checked_source_folder()
    if not tree.is_dir():
        _unpack(_archive(), tree)
    return tree


def checked_source_folder() -> Path:
    """Return where the source is or will be; raise BoardError if the user's is not there."""
    tree = source_folder().resolve()
    given = os.environ.get("MICROPY_DIR")
    if given and not (tree / "py" / "mkenv.mk").is_file():
        raise BoardError(f"MICROPY_DIR={given} has no py/mkenv.mk: not MicroPython's source")
    return tree


def fingerprint(tree: Path) -> str:
    """Return text that changes when the source does: the pinned hash, or sizes and times."""
    if not os.environ.get("MICROPY_DIR"):
        return SHA256
    lines = [str(tree)]
    for part in ("py", "extmod", "shared", "mpy-cross", "ports/unix", "lib/littlefs", "lib/libm"):
        for file in sorted((tree / part).rglob("*.[chsS]")):
            state = file.stat()
            lines.append(f"{file} {state.st_size} {state.st_mtime_ns}")
    return "\n".join(lines)


def _archive() -> Path:
    archive = cache() / ARCHIVE
    if not archive.is_file():
        print(f"boards: fetching MicroPython, 6 MB, from Debian {SUITE}'s source package")
        archive.parent.mkdir(parents=True, exist_ok=True)
        _fetch(archive)
    found = hashlib.sha256(archive.read_bytes()).hexdigest()
    if found != SHA256:
        raise BoardError(f"{archive} has SHA-256 {found}, expected {SHA256}: delete it")
    return archive


def _unpack(archive: Path, tree: Path) -> None:
    with tempfile.TemporaryDirectory(dir=cache()) as folder, tarfile.open(archive) as tar:
        if hasattr(tarfile, "data_filter"):
            tar.extractall(folder, filter="data")
        else:  # a Python without this safeguard; the archive's hash was checked
            tar.extractall(folder)
        (Path(folder) / f"micropython-{MICROPYTHON_VERSION}").rename(tree)


def _fetch(archive: Path) -> None:
    """Fetch through apt, from the mirror this machine uses, without touching apt's own state."""
    hand = f"put {ARCHIVE} into {archive.parent}, or set MICROPY_DIR to a MicroPython source tree"
    if not shutil.which("apt-get"):
        raise BoardError(f"no apt-get to fetch MicroPython with: {hand}")
    trouble = "apt knows no Debian mirror"
    for line in _source_lines():
        with tempfile.TemporaryDirectory() as folder:
            trouble = _apt_source(Path(folder), line)
            fetched = Path(folder) / ARCHIVE
            if fetched.is_file():
                shutil.move(fetched, archive)
                return
    raise BoardError(f"apt could not fetch MicroPython ({trouble}): {hand}")


def _source_lines() -> list[str]:
    """Return deb-src lines for the suite, one for each Debian mirror that apt is set up with."""
    asked = subprocess.run(
        ["apt-get", "indextargets", "--format", "$(LABEL)|$(COMPONENT)|$(REPO_URI)"],
        capture_output=True,
        text=True,
    )
    targets = {tuple(line.split("|")) for line in asked.stdout.splitlines()}
    mirrors = sorted(uri for label, part, uri in targets if (label, part) == ("Debian", "main"))
    signed = f"[signed-by={KEYRING}] " if KEYRING.is_file() else ""
    return [f"deb-src {signed}{uri} {SUITE} main\n" for uri in mirrors]


def _apt_source(folder: Path, line: str) -> str:
    """Let apt download the archive into `folder`; return its last complaint, less host names."""
    (folder / "lists" / "partial").mkdir(parents=True)
    (folder / "archives" / "partial").mkdir(parents=True)
    (folder / "sources.list").write_text(line)
    options = [
        f"Dir::Etc::SourceList={folder}/sources.list",
        "Dir::Etc::SourceParts=/dev/null",
        f"Dir::State::Lists={folder}/lists",
        f"Dir::Cache={folder}",
        "APT::Sandbox::User=",
    ]
    apt = ["apt-get", "-qq", *(word for option in options for word in ("-o", option))]
    for command in (["update"], ["source", "--download-only", "--tar-only", "micropython"]):
        ran = subprocess.run([*apt, *command], cwd=folder, capture_output=True, text=True)
        if ran.returncode:
            lines = ran.stderr.strip().splitlines() or [f"exit status {ran.returncode}"]
            return re.sub(r"\w+://\S+", "the mirror", lines[-1])
    return f"Debian {SUITE} no longer has {ARCHIVE}"
