"""From a conda file to an interpreter (or image) that is ready; named environments; drift; export.

What other rooms call (module `environment.sync`): ``read_specification(source)``, ``find(specification)`` which answers
at once, and ``await sync(specification, progress=…, offline=…)`` which makes what is missing.
"""
