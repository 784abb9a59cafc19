"""The step "personal_data": addresses and numbers of people, and what takes their place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from redpyjama.errors import UsageError, nearest
from redpyjama.stage import Signal, Step

if TYPE_CHECKING:
    import pyarrow as pa

_KINDS = {
    "email": "An e-mail address, of a host that is not reserved for examples.",
    "ip_address": "An IP address, version 4 or 6, of those that the whole internet can reach.",
    "phone_number": "A telephone number: with its country's code, as North America writes it, or called one.",
    "card_number": "The number of a payment card: an issuer's range, Luhn's sum right.",
    "iban": "An international bank account number: its country's length, its check digits right.",
}
"""Why each is replaced; names and order are those of `redpyjama.kernels.personal_data.KINDS`."""

_SIGNALS = ("emails", "ip_addresses", "phone_numbers", "card_numbers", "ibans")


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonalDataParams:
    """What is looked for, and what is done with it.

    Attributes:
        kinds: The kinds to look for; none means all: the span rules of this step.
        action: "replace" puts the word for its kind where personal data was; "mark" measures, and leaves the text.
        email: What takes the place of an e-mail address; StarCoder's is <EMAIL>.
        ip_address: Of an IP address; StarCoder's is <IP_ADDRESS>.
        phone_number: Of a telephone number.
        card_number: Of a payment card's number.
        iban: Of a bank account's number.
    """

    kinds: tuple[str, ...] = ()
    action: Literal["replace", "mark"] = "replace"
    email: str = "<EMAIL>"
    ip_address: str = "<IP_ADDRESS>"
    phone_number: str = "<PHONE_NUMBER>"
    card_number: str = "<CARD_NUMBER>"
    iban: str = "<IBAN>"

    def __post_init__(self) -> None:
        for kind in self.kinds:
            if kind not in _KINDS:
                raise UsageError(
                    f"step personal_data: there is no kind {kind!r}{nearest(kind, _KINDS)}", f"there are {list(_KINDS)}"
                )


def run(batch: pa.RecordBatch, params: PersonalDataParams) -> pa.RecordBatch:
    """Look for personal data in every text; see `redpyjama.stage.Step.run`."""
    import pyarrow as pa

    from redpyjama.kernels import arrow, personal_data
    from redpyjama.steps import spans

    num_rows, kinds = batch.num_rows, tuple(_KINDS)
    offsets, data = arrow.buffers(batch.column("text"))
    found = personal_data.find(data, offsets, params.kinds or kinds)
    columns: dict[str, Any] = {}
    for number, name in enumerate(_SIGNALS):
        counts = np.bincount(found[found[:, 3] == number, 0], minlength=num_rows)
        columns[name] = pa.array(counts.astype(np.int32))
    columns["personal_data_ranges"] = pa.array(spans.ranges(found, num_rows, kinds), pa.string())
    kept = found if params.action == "replace" else found[:0]
    columns["spans"] = spans.to_arrow(kept, num_rows, kinds, tuple(getattr(params, kind) for kind in kinds))
    return pa.record_batch(columns)


STEP = Step(
    name="personal_data",
    version=1,
    params=PersonalDataParams,
    run=run,
    signals={
        "emails": Signal("int32", "E-mail addresses; 0 or more.", "RFC 5321 and 6531, without what RFC 2606 reserves"),
        "ip_addresses": Signal(
            "int32",
            "IP addresses, version 4 and 6, that the whole internet can reach; 0 or more.",
            "IANA special-purpose address registries; RFC 4291",
        ),
        "phone_numbers": Signal(
            "int32",
            "Telephone numbers: with a country's code, as North America writes them, or behind a word as Tel.; 0 or "
            "more.",
            "ITU-T E.164; North American Numbering Plan",
        ),
        "card_numbers": Signal("int32", "Numbers of payment cards; 0 or more.", "ISO/IEC 7812, Luhn's formula"),
        "ibans": Signal("int32", "International bank account numbers; 0 or more.", "ISO 13616, ISO/IEC 7064"),
        "personal_data_ranges": Signal(
            "string",
            "JSON list of [kind, start, end]: byte ranges [start, end) of the text, as the step saw it.",
            "RedPyjama",
        ),
    },
    spans=_KINDS,
)
