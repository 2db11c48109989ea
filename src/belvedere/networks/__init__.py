"""Networks: encoders of all columns, one latent vector per row, outputs. `NETWORKS` is the visible table."""

from belvedere.networks.blocks import Shape
from belvedere.networks.choose import Choice, choose_network
from belvedere.networks.row import Network, build_network, inputs_from, network_from, tensors_of
from belvedere.networks.table import NETWORKS
from belvedere.networks.two_towers import TwoTowers

__all__ = [
    "NETWORKS",
    "Choice",
    "Network",
    "Shape",
    "TwoTowers",
    "build_network",
    "choose_network",
    "inputs_from",
    "network_from",
    "tensors_of",
]
