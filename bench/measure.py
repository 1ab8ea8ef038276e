#!/usr/bin/env python3
"""Whole-command measurements, printed as Markdown: wall time, CPU time, peak memory; the median of the runs.

usage: bench/measure.py sbom IMAGE SYFT [--runs N]      IMAGE: an OCI layout; SYFT: the program to stand beside
       bench/measure.py cache IMAGE REBUILT [--runs N]  REBUILT: the same with one small layer more
       bench/measure.py large IMAGE... [--runs N]       IMAGE: as `cargo xtask big-image DIR` writes it
       bench/measure.py match MIRROR [--runs N]         MIRROR: as `cargo xtask mirror DIR` lays it out

plimsoll is target/release/plimsoll (`cargo build --release`), or the program in PLIMSOLL. Figures are of a machine;
the calibration says of which: what one core hashes and inflates in a second.
"""

import argparse
import hashlib
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
import zlib

ROOT = pathlib.Path(__file__).resolve().parent.parent
PLIMSOLL = os.environ.get("PLIMSOLL", str(ROOT / "target/release/plimsoll"))


def run(command):
    """Wall seconds, CPU seconds, peak resident MiB and exit code of one run."""
    started = time.perf_counter()
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, process.returncode


def measure(commands, runs):
    """Each command `runs` times, in turn, so that a drift of the machine meets all alike; before that the first one once,
    which brings the input into the page cache."""
    run(next(iter(commands.values())))
    results = {name: [] for name in commands}
    for _ in range(runs):
        for name, command in commands.items():
            results[name].append(run(command))
            print(f"{name}: {results[name][-1][0]:.2f} s", file=sys.stderr)
    return results


def table(results):
    print("| command | wall (s) | min–max | CPU (s) | peak memory (MiB) | exit code |")
    print("|---|---:|---:|---:|---:|---:|")
    for name, found in results.items():
        walls, cpus, peaks, codes = zip(*found)
        print(
            f"| {name} | {statistics.median(walls):.3f} | {min(walls):.3f}–{max(walls):.3f} "
            f"| {statistics.median(cpus):.2f} | {max(peaks):.0f} | {','.join(map(str, sorted(set(codes))))} |"
        )
    print()


def calibration():
    block = os.urandom(1 << 20) * 64
    started = time.perf_counter()
    for _ in range(8):
        hashlib.sha256(block).digest()
    hashed = 8 * len(block) / (time.perf_counter() - started) / 1e6
    text = b"".join(b"%d some words that repeat and some that do not: %d\n" % (n, n * n % 7919) for n in range(1 << 20))
    packed = zlib.compress(text, 6)
    started = time.perf_counter()
    for _ in range(8):
        zlib.decompress(packed)
    inflated = 8 * len(text) / (time.perf_counter() - started) / 1e6
    print(f"\nCalibration, one core: SHA-256 {hashed:.0f} MB/s, inflate (zlib, of text) {inflated:.0f} MB/s; {os.cpu_count()} cores")


def sbom(arguments):
    with tempfile.TemporaryDirectory() as folder:
        out = f"{folder}/sbom.json"
        results = measure(
            {
                "plimsoll sbom": [PLIMSOLL, "sbom", "--no-cache", arguments.image, "-o", f"cyclonedx-json={out}"],
                "syft, as it comes": [arguments.syft, "scan", f"oci-dir:{arguments.image}", "-q", "-o", "cyclonedx-json"],
            },
            arguments.runs,
        )
        table(results)
        wall = {name: statistics.median(entry[0] for entry in found) for name, found in results.items()}
        ours = wall["plimsoll sbom"]
        for name, theirs in wall.items():
            if name.startswith("syft"):
                print(f"- {name}: {theirs / ours:.1f} times the wall time of plimsoll")
        print(f"- {len(json.load(open(out))['components'])} components in plimsoll's SBOM")


def cache(arguments):
    """A first reading, a second one, and one of an image with one layer more, each with a cache of its own state."""
    first, second, rebuilt = [], [], []
    for _ in range(arguments.runs):
        with tempfile.TemporaryDirectory() as folder:
            base = [PLIMSOLL, "sbom", "-o", "cyclonedx-json=/dev/null", "--cache-dir", folder]
            first.append(run(base + [arguments.image]))
            second.append(run(base + [arguments.image]))
            rebuilt.append(run(base + [arguments.rebuilt]))
    table({"first reading": first, "second reading": second, "rebuilt with one small layer more": rebuilt})


def large(arguments):
    commands = {
        image: [PLIMSOLL, "sbom", "--no-cache", image, "-o", "cyclonedx-json=/dev/null"] for image in arguments.images
    }
    table(measure(commands, arguments.runs))


def match(arguments):
    with tempfile.TemporaryDirectory() as folder:
        commands, reports = {}, {}
        for name, old_share in (("one package in five is old", 5), ("every package is old", 1)):
            document, report = f"{folder}/{old_share}.json", f"{folder}/{old_share}.report.json"
            components = stored_components(pathlib.Path(arguments.mirror), 1500, old_share)
            pathlib.Path(document).write_text(json.dumps({"bomFormat": "CycloneDX", "specVersion": "1.6", "components": components}))
            base = [PLIMSOLL, "match", document, "--feeds", f"{folder}/feeds", "-o", f"json={report}"]
            first = subprocess.run(base + ["--mirror", arguments.mirror], capture_output=True, text=True)
            if first.returncode not in (0, 1):
                sys.exit(first.stderr)
            commands[f"plimsoll match --offline -o json=FILE, 1,500 packages, {name}"] = base + ["--offline"]
            reports[name] = report
        table(measure(commands, arguments.runs))
        said = subprocess.run(base + ["--offline", "-v"], capture_output=True, text=True).stderr
        for name, report in reports.items():
            report = json.loads(pathlib.Path(report).read_text())
            print(f"- {name}: {report['coverage']['matched']} packages matched, {len(report['findings'])} findings")
        print("- " + next(line for line in said.splitlines() if "shards" in line))


def stored_components(mirror, count, old_share):
    """An SBOM's components as a stranger would write them: Debian packages (two thirds) and Python packages that the
    feeds know. One in `old_share` has a version below every fix, the others one above."""
    tracker = json.loads((mirror / "security-tracker.debian.org/tracker/data/json").read_text())
    names = [("pkg:deb/debian/", name, "?arch=amd64&distro=debian-11") for name in sorted(tracker)[: count * 2 // 3]]
    known = set()
    with zipfile.ZipFile(mirror / "osv-vulnerabilities.storage.googleapis.com/PyPI/all.zip") as archive:
        for member in archive.namelist():
            known.update(affected["package"]["name"].lower() for affected in json.loads(archive.read(member)).get("affected", []))
    names += [("pkg:pypi/", name, "") for name in sorted(known)[: count - len(names)]]
    components = []
    for index, (kind, name, qualifiers) in enumerate(names):
        version = "0.0.1" if index % old_share == 0 else "99999"
        purl = f"{kind}{name}@{version}{qualifiers}"
        components.append({"type": "library", "bom-ref": purl, "name": name, "version": version, "purl": purl})
    return components


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    one = commands.add_parser("sbom")
    one.add_argument("image")
    one.add_argument("syft")
    other = commands.add_parser("match")
    other.add_argument("mirror")
    known = commands.add_parser("cache")
    known.add_argument("image")
    known.add_argument("rebuilt")
    many = commands.add_parser("large")
    many.add_argument("images", nargs="+")
    for command in (one, other, known, many):
        command.add_argument("--runs", type=int, default=5)
    arguments = parser.parse_args()
    {"sbom": sbom, "cache": cache, "large": large, "match": match}[arguments.command](arguments)
    # Last, because a child's peak memory counts from what this process held when it started the child.
    calibration()


if __name__ == "__main__":
    main()
