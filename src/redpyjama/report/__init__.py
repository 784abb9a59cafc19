"""Reports: tables in, HTML, Markdown and JSON out."""

from redpyjama.report.files import write
from redpyjama.report.terminal import print_summary

__all__ = ["print_summary", "write"]
