# pyarrow is compiled and ships no types: everything of it is Any, annotations with its classes included.
from typing import Any

def __getattr__(name: str) -> Any: ...
