"""Fetches packages of Debian's stable release through apt, without touching apt's own state."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from pathlib import Path

from tinycl.exceptions import BoardError

__all__ = ["SUITE", "fetch"]

SUITE = "trixie"
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
_SOURCE = ("source", "--download-only", "--tar-only")


def fetch(package: str, folder: Path, binary: bool = False) -> Path:
    """Fetch a package from the mirror that this machine uses; apt checks its signature.

    Parameters
    ----------
    package : str
    folder : Path
        Where to put it.
    binary : bool
        The ``.deb``, not the archive of its source.

    Raises
    ------
    BoardError
        No apt, no mirror, or the mirror does not have it.
    """
    if not shutil.which("apt-get"):
        raise BoardError(f"no apt-get to fetch {package} with")
    trouble = "apt knows no Debian mirror"
    for mirror in _mirrors():
        with tempfile.TemporaryDirectory() as name:
            work = Path(name)
            trouble = _download(package, work, mirror, binary)
            found = [*work.glob(f"{package}_*.deb"), *work.glob(f"{package}_*.orig.tar.*")]
            if found:
                folder.mkdir(parents=True, exist_ok=True)
                return Path(shutil.move(found[0], folder / found[0].name))
    raise BoardError(f"apt could not fetch {package} of Debian {SUITE} ({trouble})")


def _mirrors() -> list[str]:
    asked = subprocess.run(
        ["apt-get", "indextargets", "--format", "$(LABEL)|$(COMPONENT)|$(REPO_URI)"],
        capture_output=True,
        text=True,
    )
    targets = {tuple(line.split("|")) for line in asked.stdout.splitlines()}
    return sorted(uri for label, part, uri in targets if (label, part) == ("Debian", "main"))


def _download(package: str, folder: Path, mirror: str, binary: bool) -> str:
    """Let apt download into `folder`; return its last complaint, less host names."""
    (folder / "lists" / "partial").mkdir(parents=True)
    (folder / "archives" / "partial").mkdir(parents=True)
    signed = f"[signed-by={KEYRING}] " if KEYRING.is_file() else ""
    kind = "deb" if binary else "deb-src"
    (folder / "sources.list").write_text(f"{kind} {signed}{mirror} {SUITE} main\n")
    options = [
        f"Dir::Etc::SourceList={folder}/sources.list",
        "Dir::Etc::SourceParts=/dev/null",
        f"Dir::State::Lists={folder}/lists",
        f"Dir::Cache={folder}",
        "APT::Sandbox::User=",
    ]
    apt = ["apt-get", "-qq", *(word for option in options for word in ("-o", option))]
    get = ("download",) if binary else _SOURCE
    for command in (("update",), (*get, package)):
        ran = subprocess.run([*apt, *command], cwd=folder, capture_output=True, text=True)
        if ran.returncode:
            lines = ran.stderr.strip().splitlines() or [f"exit status {ran.returncode}"]
            return re.sub(r"\w+://\S+", "the mirror", lines[-1])
    return "it has no such package"
