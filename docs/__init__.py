"""The documentation; ``python -m docs.generate`` writes what can be read off the program."""
