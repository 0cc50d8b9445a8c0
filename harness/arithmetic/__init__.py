"""Whether a small negative margin is real, or the rounding of the code that computed it.

``examination`` decides; ``rewriting`` and ``reach`` look into the code of a trial, ``operations``, ``arrays`` and ``tensors`` do its
operations with other roundings, by ``rules`` and ``backward`` errors, with ``noise`` where a result is not of an ``exactness`` that needs
none.
"""

from .examination import Examination, Label, examine, given

__all__ = ["Examination", "Label", "examine", "given"]
