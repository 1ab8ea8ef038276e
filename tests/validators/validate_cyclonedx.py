"""Ends with 1 unless the CycloneDX documents are valid and the reference library reads all of them.

Words: `json` or `xml`, the version of the specification, paths.
"""

import json
import sys
from xml.etree import ElementTree

from cyclonedx.model.bom import Bom
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from cyclonedx.validation.xml import XmlValidator

syntax, version, *paths = sys.argv[1:]
validator = {"json": JsonStrictValidator, "xml": XmlValidator}[syntax](SchemaVersion.from_version(version))


def read(text):
    """The package URLs that the library finds, and those that are there."""
    if syntax == "json":
        document = json.loads(text)
        bom = Bom.from_json(document)
        stated = [component.get("purl") for component in document.get("components", [])]
    else:
        root = ElementTree.fromstring(text)
        bom = Bom.from_xml(root)
        space = root.tag[: root.tag.index("}") + 1]
        stated = [component.findtext(f"{space}purl") for component in root.iterfind(f"{space}components/{space}component")]
    found = [str(component.purl) for component in bom.components if component.purl]
    return sorted(found), sorted(purl for purl in stated if purl)


problems = []
for path in paths:
    text = open(path, encoding="utf-8", newline="").read()
    for error in validator.validate_str(text, all_errors=True) or []:
        problems.append(f"{path}: {error}")
    found, stated = read(text)
    if len(found) != len(stated):
        problems.append(f"{path}: {len(found)} of {len(stated)} components with a package URL are read")
sys.exit("\n".join(problems[:20]) or 0)
