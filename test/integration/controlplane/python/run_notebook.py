"""Runs a script with `# %%` cells as a notebook in a Jupyter kernel, and prints what its cells print."""

import os
import re
import sys

import nbclient
import nbformat

source = open(sys.argv[1]).read()
here = os.path.dirname(os.path.abspath(__file__))
cells = ["import sys; sys.path.insert(0, %r); sys.argv = %r" % (here, sys.argv[1:])]
cells += [cell for cell in re.split(r"(?m)^# %%.*\n", source) if cell.strip()]
notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
try:
    nbclient.NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
finally:
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            if output.output_type == "stream":
                stream = sys.stdout if output.name == "stdout" else sys.stderr
                stream.write(output.text)
