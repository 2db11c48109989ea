"""Explanations: what sets a region apart, in words (further: why a row lies where it lies)."""

from belvedere.explain.features import NamingFeatures, naming_features
from belvedere.explain.names import name_regions

__all__ = ["NamingFeatures", "name_regions", "naming_features"]
