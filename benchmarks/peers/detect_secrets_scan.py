"""detect-secrets over JSON lines of texts: ``python -m benchmarks.peers.detect_secrets_scan TEXTS PLUGINS SUFFIX``.

*PLUGINS* is "all" (all but the one for IP addresses, with the default filters) or "starcoder" (those and the filters
that BigCode chose, without the gibberish model that comes on top). It reads files: each text is one, named with
*SUFFIX*. Prints CPU seconds of the scans alone, and for each text [kind, value] of what was found. Nothing is verified
over the network.
"""

from __future__ import annotations

import json
import pathlib
import sys
import tempfile
import time
from typing import Any

_STARCODER = (
    "ArtifactoryDetector", "AWSKeyDetector", "Base64HighEntropyString", "HexHighEntropyString",
    "AzureStorageKeyDetector", "CloudantDetector", "DiscordBotTokenDetector", "GitHubTokenDetector",
    "IbmCloudIamDetector", "IbmCosHmacDetector", "JwtTokenDetector", "MailchimpDetector", "NpmDetector",
    "SendGridDetector", "SlackDetector", "SoftlayerDetector", "StripeDetector", "TwilioKeyDetector",
)  # fmt: skip
_FILTERS = ("is_potential_uuid", "is_likely_id_string", "is_templated_secret", "is_sequential_string")


def main(texts: str, plugins: str, suffix: str) -> None:
    from detect_secrets import SecretsCollection
    from detect_secrets.core.plugins.util import get_mapping_from_secret_type_to_class
    from detect_secrets.settings import transient_settings

    config: dict[str, Any] = {"plugins_used": [{"name": name} for name in _STARCODER]}
    config["filters_used"] = [{"path": f"detect_secrets.filters.heuristic.{name}"} for name in _FILTERS]
    if plugins == "all":
        names = [kind.__name__ for kind in get_mapping_from_secret_type_to_class().values()]
        config = {"plugins_used": [{"name": name} for name in names if name != "IPPublicDetector"]}
    found: list[list[tuple[str, str]]] = []
    with tempfile.TemporaryDirectory() as folder, transient_settings(config):
        files = []
        for i, line in enumerate(open(texts, encoding="utf-8")):
            files.append(pathlib.Path(folder, f"text{i}{suffix}"))
            files[-1].write_text(json.loads(line), encoding="utf-8")
        warm = pathlib.Path(folder, f"warm{suffix}")
        warm.write_text("a = 1\n", encoding="utf-8")
        SecretsCollection().scan_file(str(warm))
        begin = time.process_time()
        for file in files:
            secrets = SecretsCollection()
            secrets.scan_file(str(file))
            found.append([(secret.type, secret.secret_value or "") for _, secret in secrets])
        seconds = time.process_time() - begin
    print(json.dumps({"cpu_seconds": seconds, "found": found}))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3])
