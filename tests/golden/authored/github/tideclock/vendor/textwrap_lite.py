# SPDX-License-Identifier: GPL-2.0-only
"""A copy of somebody else's module, under another licence."""


def wrap(text, width=70):
    line, lines = "", []
    for word in text.split():
        if line and len(line) + 1 + len(word) > width:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}".strip()
    return lines + [line] if line else lines
