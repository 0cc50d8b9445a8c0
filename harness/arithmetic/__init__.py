"""Whether a small negative margin is real, or the rounding of the code that computed it.

``examination`` runs a trial with other roundings, and ``decision`` tells what follows. ``rewriting`` and ``reach``
look into the code of the trial; ``operations``, ``arrays`` and ``tensors`` do what it does, and move what comes out,
or what goes in, by ``noise`` of the size of the errors that ``rules`` and ``backward`` know, except where
``exactness`` knows that there is none.
"""

from .decision import Examination, Label
from .examination import examine, given

__all__ = ["Examination", "Label", "examine", "given"]
