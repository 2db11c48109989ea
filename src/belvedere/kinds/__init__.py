"""Kinds of data: recognize a column, learn its statistics, make the arrays that networks see, preview values."""

from belvedere.kinds.arrays import fit_inputs, make_arrays, plain_space
from belvedere.kinds.forecast import NEXT, scaled_like, to_series_of
from belvedere.kinds.kernels import fit_kernels, kernel_features
from belvedere.kinds.labels import find_event, fit_labels, is_labelled, make_labels
from belvedere.kinds.preview import preview, thumbnails
from belvedere.kinds.recognize import learn_kinds
from belvedere.kinds.table import KINDS
from belvedere.kinds.target import encode_target, fit_target
from belvedere.kinds.text import with_letters
from belvedere.kinds.time import time_of

__all__ = [
    "KINDS",
    "NEXT",
    "encode_target",
    "find_event",
    "fit_inputs",
    "fit_kernels",
    "fit_labels",
    "fit_target",
    "is_labelled",
    "kernel_features",
    "learn_kinds",
    "make_arrays",
    "make_labels",
    "plain_space",
    "preview",
    "scaled_like",
    "thumbnails",
    "time_of",
    "to_series_of",
    "with_letters",
]
