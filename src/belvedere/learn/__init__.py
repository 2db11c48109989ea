"""Learn a table: kinds -> arrays -> network -> training -> latent vectors, scores, and the baseline beside them.

`learn` reads like a table of contents; `embed_rows` and `predict_rows` put new rows through what was learned.
"""

from dataclasses import replace

from belvedere import networks, training
from belvedere.learn.case import prepare, schema_for
from belvedere.learn.crossval import CrossValidated, cross_validate
from belvedere.learn.doubt import can_doubt, witness_labels
from belvedere.learn.fit import learn_plain, learn_target
from belvedere.learn.forecast import windows
from belvedere.learn.pretrained import is_as_is, learn_nothing
from belvedere.learn.privately import refuse_pairs, refuse_unprivate
from belvedere.learn.recommend import recommend
from belvedere.learn.rows import embed_rows, predict_chances, predict_rows, reader
from belvedere.learn.settings import Learned, LearnSettings, check_settings
from belvedere.learn.tune import Tuned, check_space, tune
from belvedere.learn.unlabelled import learn_unlabelled
from belvedere.progress import Progress, Silent
from belvedere.training import Matter, Range, Search, Trial
from belvedere.types import Schema, Source

__all__ = [
    "CrossValidated",
    "LearnSettings",
    "Learned",
    "Matter",
    "Range",
    "Search",
    "Trial",
    "Tuned",
    "can_doubt",
    "check_space",
    "cross_validate",
    "embed_rows",
    "learn",
    "predict_chances",
    "predict_rows",
    "reader",
    "schema_for",
    "tune",
    "witness_labels",
]


def learn(
    source: Source, schema: Schema, settings: LearnSettings | None = None, progress: Progress | None = None
) -> Learned:
    """Learn a table and make one latent vector of every row.

    Parameters
    ----------
    source : Source
    schema : Schema
        Kinds and roles; a column in the role of target is learned.
    settings : LearnSettings, optional
    progress : Progress, optional

    Returns
    -------
    Learned

    Raises
    ------
    SettingError
        If a setting is out of its range or the network cannot read these columns.
    ColumnError
        If the target does not exist, is empty or constant, or a split column says something else.
    """
    settings, progress = settings or LearnSettings(), progress or Silent()
    check_settings(settings)
    if settings.private:
        refuse_unprivate(settings)
    with training.threads_for(settings.threads):
        if settings.task == "recommend":
            return recommend(source, schema_for(schema, settings), settings, progress)
        if settings.task == "forecast":
            source, schema, settings = windows(source, schema_for(schema, settings), settings)
        case = prepare(source, schema_for(schema, settings), settings)
        if settings.private:
            refuse_pairs(case.target)
        is_plain = case.target is None and settings.space == "plain"
        choice = networks.choose_network(case.inputs, case.target, "none" if is_plain else case.settings.network)
        if case.target is None and choice.name != "none":
            is_ready = is_as_is(case, choice.name)
            return (learn_nothing if is_ready else learn_unlabelled)(case, choice.name, progress)
        progress.say(choice.why)
        case = replace(case, notes=(choice.why, *case.notes))
        if choice.name == "none":
            return learn_plain(case, progress)
        learned = learn_target(case, choice.name, progress)
        return replace(learned, rows=(source, schema)) if settings.task == "forecast" else learned
