"""Training: objectives, the one loop, evaluation with intervals, and the baseline beside every score."""

from belvedere.training.baseline import Baseline, Example, beside, run_baseline
from belvedere.training.calibrate import fit_temperature
from belvedere.training.contrast import learn_contrast
from belvedere.training.evaluate import evaluate
from belvedere.training.keeping import Checkpoint, Plan, Trained
from belvedere.training.loop import Hooks, Rows, make_rows, train
from belvedere.training.mirror import may_mirror
from belvedere.training.objectives import OBJECTIVES, Objective, objective_for
from belvedere.training.picture_views import varied_pictures
from belvedere.training.plain import fit_narrowing
from belvedere.training.plans import default_plan, thread_count, threads_for
from belvedere.training.precision import choose_precision
from belvedere.training.private import Privacy, check_budget, private_plan, train_privately
from belvedere.training.ridge import solve_ridge
from belvedere.training.search import (
    Matter,
    Range,
    Search,
    Space,
    Trial,
    check_search,
    count_trials,
    is_behind,
    propose,
    what_mattered,
)
from belvedere.training.split import assign_folds, given_split, hold_out, strata_of, thin_out
from belvedere.training.survival import baseline_hazards
from belvedere.training.tasks import TASKS, Task
from belvedere.training.ties import FREE, Ties, group_folds, time_blocks
from belvedere.training.unlabelled import MOST_UNLABELLED, mirrors_itself, unlabelled_plan
from belvedere.training.views import Looks

__all__ = [
    "FREE",
    "MOST_UNLABELLED",
    "OBJECTIVES",
    "TASKS",
    "Baseline",
    "Checkpoint",
    "Example",
    "Hooks",
    "Looks",
    "Matter",
    "Objective",
    "Plan",
    "Privacy",
    "Range",
    "Rows",
    "Search",
    "Space",
    "Task",
    "Ties",
    "Trained",
    "Trial",
    "assign_folds",
    "baseline_hazards",
    "beside",
    "check_budget",
    "check_search",
    "choose_precision",
    "count_trials",
    "default_plan",
    "evaluate",
    "fit_narrowing",
    "fit_temperature",
    "given_split",
    "group_folds",
    "hold_out",
    "is_behind",
    "learn_contrast",
    "make_rows",
    "may_mirror",
    "mirrors_itself",
    "objective_for",
    "private_plan",
    "propose",
    "run_baseline",
    "solve_ridge",
    "strata_of",
    "thin_out",
    "thread_count",
    "threads_for",
    "time_blocks",
    "train",
    "train_privately",
    "unlabelled_plan",
    "varied_pictures",
    "what_mattered",
]
