"""Ends with 1 unless the reference library reads the SPDX 2 documents and finds nothing wrong with them.

Words: paths; the ends of the names say which syntax it is.
"""

import sys

from spdx_tools.spdx.parser.error import SPDXParsingError
from spdx_tools.spdx.parser.parse_anything import parse_file
from spdx_tools.spdx.validation.document_validator import validate_full_spdx_document

problems = []
for path in sys.argv[1:]:
    try:
        problems += [f"{path}: {message.validation_message}" for message in validate_full_spdx_document(parse_file(path))]
    except SPDXParsingError as error:
        problems += [f"{path}: {message}" for message in error.get_messages()]
sys.exit("\n".join(problems[:20]) or 0)
