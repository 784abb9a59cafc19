"""The forms that books are published in."""
