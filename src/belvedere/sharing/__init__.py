"""What may leave the house: k-anonymous copies of maps, what their places give away, and noisy pictures of density."""

from belvedere.sharing.copies import Copy, make_copy
from belvedere.sharing.density import noisy_counts, write_density
from belvedere.sharing.leaks import Leak, measure_leaks
from belvedere.sharing.membership import Membership, measure_membership
from belvedere.sharing.share import Shared, share

__all__ = [
    "Copy",
    "Leak",
    "Membership",
    "Shared",
    "make_copy",
    "measure_leaks",
    "measure_membership",
    "noisy_counts",
    "share",
    "write_density",
]
