"""Ends with 1 unless the SPDX 3 documents keep the rules of the model, as the reference library has them.

The library is generated from the shapes (SHACL) of SPDX: it knows each class, its properties, how often each may be
there, and what values may be. Words: paths.
"""

import io
import json
import sys

from spdx_python_model.bindings import v3_0_1 as model

problems = []
for path in sys.argv[1:]:
    with open(path, "rb") as file:
        objects = model.SHACLObjectSet()
        model.JSONLDDeserializer().read(file, objects)
    for missing in sorted(objects.link()):
        problems.append(f"{path}: nothing is called {missing}")
    # How often a property is there is looked at when it is written.
    again = io.BytesIO()
    model.JSONLDSerializer().write(objects, again)
    elements = [len(document["@graph"]) for document in (json.load(open(path, "rb")), json.loads(again.getvalue()))]
    if elements[0] != elements[1]:
        problems.append(f"{path}: of {elements[0]} elements {elements[1]} are read")
    if len(list(objects.foreach_type(model.SpdxDocument))) != 1:
        problems.append(f"{path}: not one SpdxDocument")
sys.exit("\n".join(problems[:20]) or 0)
