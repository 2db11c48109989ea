"""`python -m belvedere` is the command line."""

from belvedere.cli import main

main()
