"""``cinch-codegen generate --watch``."""

import time

from cinch_client import CinchError
from cinch_codegen._cli._reports import put_result
from cinch_codegen._cli._speech import say, say_error
from cinch_codegen._errors import CodegenError
from cinch_codegen._generation import open_database, prepare
from cinch_codegen._options import Settings

_SECONDS = 0.5
"""Between two looks; a look is a read of one number while the schema stays."""


def watch(settings: Settings, *, force: bool) -> int:
    """Generate now and after every change of the schema, until Ctrl-C; return the exit code.

    Raises:
        CinchError: The first look fails. A later failure is reported, and the next look tried.
    """
    options = settings.options()
    _, directory = settings.target()
    connection = open_database(settings)
    seen, failure = "", ""
    try:
        while True:
            try:
                fingerprint = connection.fingerprint()
                if fingerprint != seen:
                    generation = prepare(connection.schema(), options, directory)
                    generation.write(force=force)
                    put_result(generation, machine=False)
                    if not seen:
                        say(f"watching {options.database}; Ctrl-C ends")
                    seen, failure = fingerprint, ""
            except CinchError as error:
                if not seen:
                    raise
                failure = _report(error, failure)
            time.sleep(_SECONDS)
    except KeyboardInterrupt:
        return 0


def _report(error: CinchError, before: str) -> str:
    """Tell of an error once, not at every look."""
    message = str(error)
    if message != before:
        say_error(message, hint=error.hint if isinstance(error, CodegenError) else "")
    return message
