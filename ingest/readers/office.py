"""LibreOffice, where it is installed: it alone knows on which page a Word document's text stands."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

from guideqa.errors import DocumentError
from ingest.source import Source

_TIMEOUT_SECONDS = 180


def rendered_as_pdf(path: Path) -> Source | None:
    """The document as LibreOffice sets it, read page by page; None where LibreOffice is missing or fails.

    It runs with a profile of its own, so macros and user settings have no part in it.
    """
    program = shutil.which("soffice") or shutil.which("libreoffice")
    if program is None:
        return None
    from ingest.readers.pdf import read_pdf

    with tempfile.TemporaryDirectory() as folder:
        command = [
            program,
            f"-env:UserInstallation=file://{folder}/profile",
            "--headless",
            "--norestore",
            "--convert-to",
            "pdf",
            "--outdir",
            folder,
            str(path.resolve()),
        ]
        try:
            subprocess.run(command, check=True, capture_output=True, timeout=_TIMEOUT_SECONDS)
            return read_pdf(Path(folder, f"{path.stem}.pdf"))
        except (subprocess.SubprocessError, OSError, DocumentError):
            return None  # the sections, cited by heading, still say where everything stands
