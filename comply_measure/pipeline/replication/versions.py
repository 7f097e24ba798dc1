"""The software that computed a study: this package and everything it needs, with versions."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, distribution, version

OWN = "comply-measure"


def locked() -> dict[str, str]:
    """Package -> version in this environment: this one and all it needs on this system, by name."""
    from packaging.requirements import Requirement
    from packaging.utils import canonicalize_name

    found: dict[str, str] = {}
    waiting = [OWN]
    while waiting:
        name = canonicalize_name(waiting.pop())
        if name in found:
            continue
        try:
            here = distribution(name)
        except PackageNotFoundError:
            continue  # needed on other systems, or for something optional
        found[name] = here.version
        for text in here.requires or ():
            needed = Requirement(text)
            if needed.marker is None or needed.marker.evaluate({"extra": ""}):
                waiting.append(needed.name)
    return dict(sorted(found.items()))


def lock_text(versions: dict[str, str]) -> str:
    """A file for ``pip install -r``."""
    return "".join(f"{name}=={version}\n" for name, version in versions.items())


def differing(text: str) -> list[str]:
    """Packages of a lock file whose version here is another: ``numpy 2.1.0, here 2.2.0``."""
    found = []
    for line in text.splitlines():
        name, _, wanted = line.strip().partition("==")
        if not name or not wanted:
            continue
        try:
            here = version(name)
        except PackageNotFoundError:
            here = "not installed"
        if here != wanted:
            found.append(f"{name} {wanted}, here {here}")
    return found
