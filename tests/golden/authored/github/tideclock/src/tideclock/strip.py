#!/usr/bin/env python3
"""Turn a height into sixty colours."""

LENGTH = 60
DEEP, SHALLOW, SAND = (0, 40, 120), (40, 160, 200), (200, 170, 90)


def mix(a, b, share):
    return tuple(round(x + (y - x) * share) for x, y in zip(a, b))


def colours(height, lowest, highest, rising):
    """Return a colour for each light, from the bottom to the top.

    The uppermost lit one is white while the tide is rising.
    """
    if highest <= lowest:
        raise ValueError(f"highest ({highest}) must be above lowest ({lowest})")
    level = round(LENGTH * (height - lowest) / (highest - lowest))
    level = max(0, min(LENGTH, level))
    strip = [mix(DEEP, SHALLOW, i / LENGTH) for i in range(level)]
    strip += [SAND] * (LENGTH - level)
    if rising and level:
        strip[level - 1] = (255, 255, 255)
    return strip


if __name__ == "__main__":
    for red, green, blue in colours(1.9, 0.2, 5.1, rising=False):
        print(f"\x1b[48;2;{red};{green};{blue}m  ", end="")
    print("\x1b[0m")
