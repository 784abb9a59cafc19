"""All limits in one place, each with its reason.

What exceeds a limit of a record is quarantined with that reason; nothing grows without bound because a dump says so.
"""

from typing import Final

MIB: Final = 1 << 20

MAX_RECORD_BYTES: Final = 64 * MIB
"""A raw record (WARC response, wiki page, JSON line, source file) before parsing.
Largest real ones: 1-3 MB of HTML, 2 MB of wikitext; books reach 20 MB. Beyond this it is an attack or a data file."""

MAX_TEXT_BYTES: Final = 64 * MIB
"""A document's text. Arrow string batches hold 2 GiB; 32 of the largest documents must still fit in one batch."""

MAX_HTML_BYTES: Final = 8 * MIB
"""A page handed to the HTML parser. The largest of 2,423 real pages has 2.9 MB; parse time and memory grow with it."""

MAX_HTML_DEPTH: Final = 512
"""Nesting beyond which HTML is read as flat: browsers stop at 512 too (Blink, kMaximumHTMLParserDOMTreeDepth)."""

MAX_XML_ATTRIBUTE_BYTES: Final = 8 * MIB
"""One Stack Exchange row: posts are limited to 30,000 characters by the site; revisions of old ones are longer."""

MAX_DECOMPRESSION_RATIO: Final = 1_100
"""Output bytes per input byte. DEFLATE cannot exceed 1,032; bz2 and xz can, and only bombs do so for text."""

MIN_BYTES_FOR_RATIO: Final = 16 * MIB
"""The ratio is looked at only beyond this output size: tiny files of zeros are harmless."""

MAX_ARCHIVE_MEMBERS: Final = 500_000
"""Members of one archive. The Linux kernel has 80,000 files; a monthly arXiv tar 20,000."""

MAX_ARCHIVE_NESTING: Final = 3
"""Archives within archives: an arXiv tar holds gz that hold tar; one more for authors' own zips."""

MAX_ARCHIVE_BYTES: Final = 4096 * MIB
"""Sum of the unpacked members of one repository or e-print."""

MAX_MACRO_DEPTH: Final = 32
"""Nesting of LaTeX macro expansion; real papers stay below 10."""

MAX_MACRO_OUTPUT_RATIO: Final = 20
"""LaTeX text may grow by this factor through expansion; exponential macros (billion laughs) stop here."""

MAX_INPUT_DEPTH: Final = 16
r"""Nesting of LaTeX ``\input``."""

MAX_TEMPLATE_DEPTH: Final = 40
"""Nesting of wiki templates, tables and links; MediaWiki itself stops at 40."""

PART_BYTES_MIN: Final = 16 * MIB
PART_BYTES_MAX: Final = 256 * MIB
PARTS_PER_DUMP: Final = 16
"""A dump is read in parts of size / 16, between 16 MiB (start-up cost) and 256 MiB (what a retry loses).
A function of the dump alone, so that neither the number of workers nor the other dumps change the shards."""

ROW_GROUP_BYTES: Final = 8 * MIB
"""Text in one Parquet row group: what a worker holds at a time, a few times over."""

ROW_GROUP_ROWS: Final = 20_000
"""Rows in one Parquet row group, whichever of the two comes first."""

TASK_TRIES: Final = 3
"""How often a task is tried before the build fails: twice is a coincidence."""

MAX_SUBSTRING_WINDOW: Final = 65_535
"""Bytes of the shortest repeated substring that can be asked for: places within a stretch are 16-bit numbers."""

MAX_FETCHED_LIST: Final = 256 * MIB
"""Bytes of a publisher's list of files; Common Crawl's have 1 MB, Gutenberg's catalogue 20."""

MAX_FETCHED_FILE: Final = 1 << 40
"""Bytes of a file whose publisher does not state its size: what never ends must end somewhere."""

MAX_REDIRECTS: Final = 5
"""How often an address may lead to another one."""
