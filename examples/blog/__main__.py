"""Seed the blog's database if there is none, then serve the blog, or print its report."""

import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent


def main() -> None:
    """Run Emmett's own command line on the blog."""
    os.chdir(HERE)
    subprocess.run([sys.executable, "-m", "blog.seed"], check=True)
    emmett = [sys.executable, "-m", "emmett", "-a", "blog.app"]
    if "--report" in sys.argv:
        os.execv(sys.executable, [*emmett, "autoroutes"])  # noqa: S606 - our own interpreter
    os.execv(sys.executable, [*emmett, "serve", "--host", "127.0.0.1", *sys.argv[1:]])  # noqa: S606


main()
