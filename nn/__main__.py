import sys

from .cli import main

if __name__ == "__main__":  # --doctest-modules imports this file
    sys.exit(main())
