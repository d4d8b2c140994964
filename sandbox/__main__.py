"""`python -m sandbox`."""

import sys

from sandbox.command_line import main

sys.exit(main())
