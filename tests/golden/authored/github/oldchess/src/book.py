# This file is part of oldchess.
#
# oldchess is free software: you can redistribute it and/or modify it under the
# terms of the GNU General Public License as published by the Free Software
# Foundation, either version 3 of the License, or (at your option) any later version.

OPENINGS = {
    "e4 e5 Nf3 Nc6 Bb5": "Ruy Lopez",
    "d4 d5 c4": "Queen's Gambit",
    "e4 c5": "Sicilian Defence",
}


def name_of(moves):
    """Return the longest opening that these moves begin with."""
    for length in range(len(moves), 0, -1):
        if name := OPENINGS.get(" ".join(moves[:length])):
            return name
    return "unknown"
