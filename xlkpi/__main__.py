"""`python -m xlkpi`: the same as the command `xlkpi`."""

from xlkpi.cli import main

main()
