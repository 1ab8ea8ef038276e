"""Prints, a line a document, what the reference checker says of NTIA's minimum elements: JSON.

Words: `spdx2` or `spdx3`, paths. The names are of the elements in `plimsoll validate --minimum ntia`; each has how many
components lack it, or 1 for what the document lacks.
"""

import json
import sys

from ntia_conformance_checker import SbomChecker

family, *paths = sys.argv[1:]
for path in paths:
    checker = SbomChecker(path, compliance="ntia", sbom_spec=family)
    if checker.parsing_errors or checker.validation_messages:
        sys.exit(f"{path}: {checker.parsing_errors} {checker.validation_messages}"[:2000])
    lacking = {
        "Supplier Name": len(checker.components_without_suppliers),
        "Component Name": len(checker.components_without_names),
        "Version of the Component": len(checker.components_without_versions),
        "Other Unique Identifiers": len(checker.components_without_identifiers),
        "Dependency Relationship": int(not checker.dependency_relationships),
        "Author of SBOM Data": int(not checker.doc_author),
        "Timestamp": int(not checker.doc_timestamp),
    }
    components = len(checker.reachable_component_ids)
    print(json.dumps({"conformant": checker.compliant, "components": components, "lacking": lacking}))
