"""What became of every record: read -> dropped by rule, quarantined, kept. Nothing is lost silently."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from redpyjama.document import SLICES
from redpyjama.errors import CorpusError
from redpyjama.report import copies


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """The records of one slice, or of all: ``read = kept + dropped + quarantined``.

    Attributes:
        dropped_by: Rule -> records, the most frequent first, then by name; adds up to *dropped*.
        because: Rule -> why it drops; none in the total, as slices have reasons of their own.
        bytes_read: UTF-8 bytes of text after parsing.
        bytes_kept: UTF-8 bytes of text in the release.
    """

    slice: str
    read: int
    kept: int
    dropped: int
    quarantined: int
    dropped_by: Mapping[str, int]
    because: Mapping[str, str]
    bytes_read: int
    bytes_kept: int


def flows(manifest: Mapping[str, Any]) -> list[Flow]:
    """Return the flow of each slice that was read, in RedPajama's order, and the total last.

    Raises:
        CorpusError: The numbers do not add up: the corpus is damaged, or a stage lost records.
    """
    slices: Mapping[str, Mapping[str, Any]] = manifest["slices"]
    found = [_flow(name, slices[name]) for name in SLICES if name in slices]
    rules: Counter[str] = Counter()
    for flow in found:
        rules.update(flow.dropped_by)
    total = Flow(
        slice="total",
        read=sum(flow.read for flow in found),
        kept=sum(flow.kept for flow in found),
        dropped=sum(flow.dropped for flow in found),
        quarantined=sum(flow.quarantined for flow in found),
        dropped_by=_ordered(rules),
        because={},
        bytes_read=sum(flow.bytes_read for flow in found),
        bytes_kept=sum(flow.bytes_kept for flow in found),
    )
    return [*found, total]


def _flow(name: str, part: Mapping[str, Any]) -> Flow:
    flow = Flow(
        slice=name,
        read=int(part["read"]),
        kept=int(part["kept"]),
        dropped=int(part["dropped"]),
        quarantined=int(part["quarantined"]),
        dropped_by=_ordered(part.get("dropped_by", {})),
        because=dict(part.get("because", {})),
        bytes_read=int(part.get("bytes_read", 0)),
        bytes_kept=int(part.get("bytes_kept", 0)),
    )
    remedy = "build the corpus again; if it stays so, please report it with build.log.jsonl"
    if flow.read != flow.kept + flow.dropped + flow.quarantined:
        what = f"{flow.read} read, but {flow.kept} kept + {flow.dropped} dropped + {flow.quarantined} quarantined"
        raise CorpusError(name, f"records were lost: {what}", remedy)
    if sum(flow.dropped_by.values()) != flow.dropped:
        what = f"{flow.dropped} dropped, but its rules account for {sum(flow.dropped_by.values())}"
        raise CorpusError(name, what, remedy)
    return flow


def _ordered(rules: Mapping[str, int]) -> dict[str, int]:
    return dict(sorted(((rule, n) for rule, n in rules.items() if n), key=lambda item: (-item[1], item[0])))


def reason(rule: str, found: Sequence[Flow]) -> str:
    """Say why a rule drops: one sentence, or one a slice where they differ; only for slices in which it dropped."""
    said = {flow.slice: flow.because.get(rule, "") for flow in found if rule in flow.dropped_by}
    reasons = {text for text in said.values() if text}
    if len(reasons) == 1:
        return reasons.pop()
    return "; ".join(f"{name}: {text}" for name, text in said.items() if text)


def as_data(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """Return the whole of ``flow.json``: plain data, keys in a fixed order."""
    *found, total = flows(manifest)
    return {
        "recipe": manifest.get("recipe"),
        "sample": manifest.get("sample"),
        "slices": [asdict(flow) for flow in found],
        "total": asdict(total),
        "copies": copies.as_data(manifest),
    }
