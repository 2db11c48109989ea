"""Networks: encoders of all columns, one latent vector per row, outputs. `NETWORKS` is the visible table."""

from belvedere.networks.blocks import Shape
from belvedere.networks.choose import Choice, choose_network
from belvedere.networks.guest import Guest, invite, seat
from belvedere.networks.pretrained import MOST_LETTERS, folder_of, portable_name, read_folder
from belvedere.networks.rocket import RocketEncoder
from belvedere.networks.row import Network, build_network, inputs_from, network_from, tensors_of
from belvedere.networks.table import NETWORKS
from belvedere.networks.two_towers import TwoTowers

__all__ = [
    "MOST_LETTERS",
    "NETWORKS",
    "Choice",
    "Guest",
    "Network",
    "RocketEncoder",
    "Shape",
    "TwoTowers",
    "build_network",
    "choose_network",
    "folder_of",
    "inputs_from",
    "invite",
    "network_from",
    "portable_name",
    "read_folder",
    "seat",
    "tensors_of",
]
