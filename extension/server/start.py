"""Starts the language server out of the extension: on the libraries that came with it, and on no others."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent / "libs"))

from scoredock.lsp.start import serve

serve()
