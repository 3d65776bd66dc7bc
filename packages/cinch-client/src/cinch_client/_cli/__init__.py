"""The console script ``cinch-client``: an extra, because nothing else here needs click and rich."""

import sys


def main() -> int:
    """Run the command line.

    Returns:
        0 when done, 1 when the answer is no (what was asked for does not exist, or the question was declined),
        2 for an error, 130 after Ctrl-C.
    """
    try:
        from cinch_client._cli._app import run
    except ModuleNotFoundError as error:
        if error.name not in {"click", "rich"}:
            raise
        sys.stderr.write("error: the command line needs click and rich: pip install 'cinch-client[cli]'\n")
        return 2
    return run(sys.argv[1:])
