# pyright: basic
"""Schemathesis against the whole API of the example: no server error, and answers as described."""

import subprocess
import sys
from pathlib import Path
from typing import Any

CHECKS = (
    "not_a_server_error,status_code_conformance,content_type_conformance,"
    "response_schema_conformance,response_headers_conformance"
)


def test_the_api_answers_as_described(described_blog: Any, tmp_path: Path) -> None:
    admin = described_blog.visitor("admin")
    cookie = admin.get("/").request_cookie
    document = admin.get("/api/openapi.json").json()
    assert len(document["paths"]) == 6
    command = [
        str(Path(sys.executable).parent / "schemathesis"),
        "run",
        f"{described_blog.base}/api/openapi.json",
    ]
    options = ["--checks", CHECKS, "--header", f"Cookie: {cookie}", "--max-examples", "25", "--seed", "1"]
    found = subprocess.run([*command, *options], cwd=tmp_path, capture_output=True, text=True, timeout=600)
    assert found.returncode == 0, found.stdout[-8000:]
