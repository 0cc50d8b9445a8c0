"""The report of a run: one HTML page that opens offline, its record as JSON, a summary, a feed, and a table.

It reads the record of a run and nothing else, and takes every string in it for hostile: a claim's author
chooses names, sentences and formulas, and none of them may run as code or change what another one says.
"""

from lemmata.report.page import render
from lemmata.report.text import summary_table
from lemmata.report.write import write

__all__ = ["render", "summary_table", "write"]
