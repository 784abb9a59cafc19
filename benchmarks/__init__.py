"""One file a question, each against a named peer in one run; ``make bench`` runs all."""
