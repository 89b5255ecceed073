"""The build's hook: a software bill of materials (CycloneDX 1.6, PEP 770) in the wheel, made from requirements.lock."""

import json
import re
import tomllib
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import quote

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

LOCK = "requirements.lock"
FILE_NAME = "reelseek.cdx.json"
NAMESPACE = uuid.UUID("5f0f0f8e-6f0b-5d0c-8a44-6b7a3a0c9b57")
"""Of serial numbers, which depend on the content alone: the same source builds the same wheel."""


class BillOfMaterialsHook(BuildHookInterface[Any]):
    """Hands the bill to hatchling, which puts it into `.dist-info/sboms/` and into the record of the wheel."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable":
            return
        root = Path(self.root)
        project = tomllib.loads((root / "pyproject.toml").read_text("utf-8"))["project"]
        bill = bill_of_materials(project, (root / LOCK).read_text("utf-8"))
        self._folder = TemporaryDirectory()
        file = Path(self._folder.name, FILE_NAME)
        file.write_text(json.dumps(bill, indent=1) + "\n", "utf-8")
        build_data["sbom_files"].append(str(file))

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        if version != "editable":
            self._folder.cleanup()


@dataclass(frozen=True, slots=True)
class LockedPackage:
    """One pinned package of the lock."""

    name: str
    version: str
    marker: str
    """Where it is installed; empty for everywhere."""
    hashes: tuple[str, ...]
    """SHA-256 of its files, each of which may be installed."""
    asked_by: frozenset[str]
    """Names of the packages that need it; the project itself is one."""

    @property
    def purl(self) -> str:
        return package_url(self.name, self.version)


def package_url(name: str, version: str) -> str:
    return f"pkg:pypi/{re.sub(r'[-_.]+', '-', name).lower()}@{quote(version)}"


def locked_packages(lock: str) -> list[LockedPackage]:
    """The packages of a lock file as `uv pip compile --generate-hashes` writes it."""
    entries = re.split(r"^(?=[\w.-]+==)", lock, flags=re.MULTILINE)[1:]
    return [_locked(entry) for entry in entries]


def _locked(entry: str) -> LockedPackage:
    head, _, rest = entry.partition("\n")
    pinned, _, marker = head.rstrip("\\ ").partition(" ; ")
    name, version = pinned.split("==")
    comment = re.sub(r"\(.*?\)", "", rest[rest.index("# via") + len("# via") :])
    hashes = tuple(re.findall(r"--hash=sha256:([0-9a-f]{64})", rest))
    return LockedPackage(name, version, marker, hashes, frozenset(re.findall(r"[\w.-]+", comment)))


def bill_of_materials(project: dict[str, Any], lock: str) -> dict[str, Any]:
    """The bill as CycloneDX JSON.

    Args:
        project: the table of pyproject.toml.
        lock: text of requirements.lock.
    """
    packages = locked_packages(lock)
    needed = _needed(packages, (re.split(r"[^\w.-]", line, maxsplit=1)[0] for line in project["dependencies"]))
    own = package_url(project["name"], project["version"])
    content = json.dumps([own, lock])
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(NAMESPACE, content)}",
        "version": 1,
        "metadata": {
            "lifecycles": [{"phase": "build"}],
            "component": {
                "type": "application",
                "bom-ref": own,
                "name": project["name"],
                "version": project["version"],
                "licenses": [{"license": {"id": project["license"]}}],
                "purl": own,
            },
        },
        "components": [_component(package, is_needed=package.name in needed) for package in packages],
        "dependencies": [
            {"ref": ref, "dependsOn": [one.purl for one in packages if name in one.asked_by]}
            for name, ref in [(project["name"], own), *((one.name, one.purl) for one in packages)]
        ],
    }


def _needed(packages: Iterable[LockedPackage], direct: Iterable[str]) -> set[str]:
    """Names of what the product itself needs, directly or not; the others belong to its extras."""
    packages, needed, waiting = list(packages), set(), list(direct)
    while waiting:
        name = waiting.pop()
        if name not in needed:
            needed.add(name)
            waiting += [package.name for package in packages if name in package.asked_by]
    return needed


def _component(package: LockedPackage, *, is_needed: bool) -> dict[str, Any]:
    marker = {"properties": [{"name": "reelseek:marker", "value": package.marker}]} if package.marker else {}
    return {
        "type": "library",
        "bom-ref": package.purl,
        "name": package.name,
        "version": package.version,
        "scope": "required" if is_needed else "optional",
        "hashes": [{"alg": "SHA-256", "content": digest} for digest in package.hashes],
        "purl": package.purl,
        **marker,
    }
