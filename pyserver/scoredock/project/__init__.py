"""deployment.yml, inferenceconfig.json, a conda file or nothing at all -> one Project value, with findings for these files.

What other rooms call: `read_project(path)` for one file or folder, `find_projects(folder)` for every project below it.
"""
