"""The part of a corpus that others download."""
