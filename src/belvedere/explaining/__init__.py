"""Maps that explain themselves: why here, why predicted so, why two groups differ, what is expected where, who moved."""

from belvedere.explain.compare import Comparison, Difference
from belvedere.explain.movers import Movers
from belvedere.explain.values import Detail, Explanation, Pull
from belvedere.explaining.answer import answer
from belvedere.explaining.changes import Change, Counterfactual, cross_over
from belvedere.explaining.dependence import Dependence, depend
from belvedere.explaining.groups import compare
from belvedere.explaining.inverse import Expected, Step, expect, path
from belvedere.explaining.rows import explain_rows
from belvedere.explaining.two_maps import Beside, lay_beside, movers

__all__ = [
    "Beside",
    "Change",
    "Comparison",
    "Counterfactual",
    "Dependence",
    "Detail",
    "Difference",
    "Expected",
    "Explanation",
    "Movers",
    "Pull",
    "Step",
    "answer",
    "compare",
    "cross_over",
    "depend",
    "expect",
    "explain_rows",
    "lay_beside",
    "movers",
    "path",
]
