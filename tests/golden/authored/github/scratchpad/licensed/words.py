# SPDX-License-Identifier: MIT
"""Count words. This one file of the repository says under which licence it is."""

import re
import sys
from collections import Counter


def count(text):
    return Counter(re.findall(r"[^\W\d_]+", text.lower()))


if __name__ == "__main__":
    for word, number in count(sys.stdin.read()).most_common(20):
        print(f"{number:6d} {word}")
