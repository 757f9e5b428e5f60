"""Whatever the OpenAPI document lets a program send is answered as the document says, and never with a 5xx."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

from conftest import PATIENCE_SECONDS
from serving import served

from guideqa.api.app import create_app
from guideqa.assistant import Assistant
from guideqa.settings import Settings

# Not among them: that nothing off is taken (0 for false is) and that nothing right is refused (a conversation whose
# last word is not the user's is). What is refused is in test_api.py.
CHECKS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,"
    "response_headers_conformance,response_schema_conformance"
)
EXAMPLES = 8  # of each operation, right and wrong, besides those that the document gives
# The edges of every value (`schemathesis run URL/openapi.json --phases coverage`) take a minute more: by hand.


def test_schemathesis_finds_no_5xx_and_nothing_that_the_document_does_not_say(
    tiny_assistant: Assistant, tiny_settings: Settings, tmp_path: Path
) -> None:
    shutil.copytree(tiny_settings.data_dir, tmp_path / "data")
    own = tiny_settings.model_copy(update={"data_dir": tmp_path / "data"})
    with served(create_app(tiny_assistant, own)) as api:
        operations = sum(map(len, api.get("/openapi.json").json()["paths"].values()))
        done = subprocess.run(
            [
                *(sys.executable, "-c", "from schemathesis.cli import schemathesis; schemathesis()"),
                *(
                    "run",
                    f"{api.base_url}/openapi.json",
                    "--checks",
                    CHECKS,
                    "--phases",
                    "examples,fuzzing",
                ),
                *(
                    "--max-examples",
                    str(EXAMPLES),
                    "--seed",
                    "1",
                    "--no-color",
                    "--generation-database",
                    "none",
                ),
                *("--request-timeout", str(PATIENCE_SECONDS)),
            ],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )

    assert done.returncode == 0, done.stdout[-9000:] + done.stderr[-1000:]
    tested = re.search(r"Tested: (\d+)", done.stdout)
    assert tested, done.stdout[-5000:]
    assert int(tested[1]) == operations
