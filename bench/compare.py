#!/usr/bin/env python3
"""What Syft lists and plimsoll does not, and the reverse.

usage: bench/compare.py SYFT_JSON CYCLONEDX_JSON

SYFT_JSON is what `syft -o syft-json` wrote, CYCLONEDX_JSON what `plimsoll sbom -o cyclonedx-json` wrote, of the same image.
Packages are compared by type, name and version; each that only Syft has is a line, with its path.
"""
import collections
import json
import re
import sys
from urllib.parse import unquote

# Types that the two tools name differently.
KINDS = {"dotnet": "nuget", "go-module": "golang", "java-archive": "maven", "rust-crate": "cargo", "python": "pypi",
         "R-package": "cran", "binary": "generic", "linux-kernel": "generic"}


def normal(kind, name):
    name = name.lower()
    return re.sub(r"[-_.]+", "-", name) if kind == "pypi" else name


def identity(purl):
    """Type, name and version of a package URL; of Maven only the artifact, for Syft guesses groups."""
    match = re.match(r"pkg:([^/]+)/([^?#]*)", purl)
    if not match:
        return None
    kind, path = match[1], match[2]
    name, _, version = path.rpartition("@") if "@" in path else (path, "", "")
    name = unquote(name)
    if kind in ("maven", "deb", "rpm", "apk"):
        name = name.rsplit("/", 1)[-1]
    return kind, normal(kind, name), unquote(version)


def syft(path):
    found = collections.defaultdict(set)
    for artifact in json.load(open(path))["artifacts"]:
        key = identity(artifact["purl"]) if artifact.get("purl") else None
        if key is None:
            kind = KINDS.get(artifact["type"], artifact["type"])
            key = kind, normal(kind, artifact["name"]), artifact["version"]
        for location in artifact["locations"]:
            found[key].add(location["path"].lstrip("/"))
    return found


def plimsoll(path):
    found = collections.defaultdict(set)
    for component in json.load(open(path))["components"]:
        if key := identity(component.get("purl", "")):
            for occurrence in component.get("evidence", {}).get("occurrences", []):
                found[key].add(occurrence["location"])
    return found


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    theirs, ours = syft(sys.argv[1]), plimsoll(sys.argv[2])
    for title, left, right in (("only Syft", theirs, ours), ("only plimsoll", ours, theirs)):
        only = sorted(set(left) - set(right))
        print(f"{title}: {len(only)} of {len(left)}")
        counts = collections.Counter(kind for kind, _, _ in only)
        print("  " + ", ".join(f"{count} {kind}" for kind, count in counts.most_common()))
        if True:
            for kind, name, version in only:
                print(f"  {kind} {name} {version or '-'}  {' '.join(sorted(left[kind, name, version])[:2])}")


main()
