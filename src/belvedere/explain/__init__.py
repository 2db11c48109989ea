"""The parts of explanations that know no map: names of regions, integrated gradients, comparison, rules, movers."""

from belvedere.explain.features import NamingFeatures, naming_features
from belvedere.explain.names import name_regions

__all__ = ["NamingFeatures", "name_regions", "naming_features"]
