"""``python -m isacsys``."""

import sys

from isacsys.cli import main

if __name__ == "__main__":
    sys.exit(main())
