"""What others download: records, files, checksums, the sample, the card; and the proof of it all."""

from redpyjama.release.publish import release

__all__ = ["release"]
