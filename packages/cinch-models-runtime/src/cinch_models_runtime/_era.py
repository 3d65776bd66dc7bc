"""Whether a generated package fits this runtime."""

from cinch_models_runtime._errors import RuntimeVersionError

__version__ = "1.0.0"


def require_runtime(version: str, command: str = "cinch-codegen generate DATABASE --output DIRECTORY") -> None:
    """Refuse to go on with a package that was generated for another era of the runtime.

    Args:
        version: ``major.minor`` of the runtime that the package was generated for.
        command: What regenerates the package.

    Raises:
        RuntimeVersionError: The major versions differ, or this runtime's minor version is older. The
            message is one line that names the command to run.
    """
    needed, here = _parse(version), _parse(__version__)
    if needed[0] == here[0] and needed[1] <= here[1]:
        return
    if needed < here:
        advice = f"run: {command}"
    else:
        advice = f"run: pip install 'cinch-models-runtime>={version},<{needed[0] + 1}'"
    raise RuntimeVersionError(
        f"this package was generated for cinch-models-runtime {version}, not for {__version__}; {advice}"
    )


def _parse(version: str) -> tuple[int, int]:
    major, minor = version.split(".")[:2]
    return int(major), int(minor)
