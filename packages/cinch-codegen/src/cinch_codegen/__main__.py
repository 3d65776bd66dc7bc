"""``python -m cinch_codegen`` is the console script."""

from cinch_codegen._cli import main

if __name__ == "__main__":
    main()
