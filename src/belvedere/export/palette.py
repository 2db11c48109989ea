"""The colors of the map: the same tokens and palettes as the explorer's."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Theme = Literal["light", "dark"]
GREY_NAME = "others"
Rgb = NDArray[np.float32]  # (3,), 0 … 1


@dataclass(frozen=True)
class Tokens:
    """Colors of one theme, as RRGGBB, and the opacity of a lonely point."""

    sea: str
    shelf: str
    land: str
    contour: str
    line: str
    grey: str
    ink: str
    ink_2: str
    ink_3: str
    opacity: float


TOKENS = {
    "light": Tokens("EDF1F3", "F5F8F9", "FFFFFF", "2A3E50", "C8D0D7", "B4BEC7", "18212B", "46525F", "5F6B77", 0.8),
    "dark": Tokens("0D1217", "11171D", "171E26", "C6D6E4", "3D4955", "475460", "EBEFF3", "B4BFCA", "8F9BA8", 0.76),
}
CATEGORIES = {
    "light": "0D76C8 D2500E 0B6A50 BB8D38 784693 08A0A6 DE6C87 688343 860F23 9F81E2 884F10 314A68".split(),
    "dark": "3FA2FB FB8947 2FA289 F0C888 B57EC9 88EAF5 FE9FB6 A3B17F C54B5A C8ADFF B67D38 6B7B97".split(),
}
SEQUENTIAL = {
    "light": "E2F4F6 BCDFE6 98C9D7 75B3C8 559CBA 3784AB 196D9B 005589 003E76".split(),
    "dark": "202F42 2D445A 3B5B72 4A748A 598DA2 6AA7B8 7DC2CE 93DDE3 ACF8F7".split(),
}
DIVERGING = {
    "light": "005596 2B80BF 71B0DB B9DAEE EDF1F2 F0D1B7 E6A375 D16D32 A24019".split(),
    "dark": "8FD5FD 56ADEC 357FBD 2D5277 272C31 6D3F2E AD5A34 E58042 F8BD84".split(),
}


def rgb(hex_color: str) -> Rgb:
    """Turn RRGGBB into three shares.

    Examples
    --------
    >>> rgb("FF0000").tolist()
    [1.0, 0.0, 0.0]
    """
    return np.array([int(hex_color[at : at + 2], 16) / 255 for at in (0, 2, 4)], dtype=np.float32)


def ramp(stops: list[str], share: NDArray[np.float64]) -> NDArray[np.float32]:
    """Colors (n, 3) at shares 0 … 1 (n,) of a ramp."""
    table = np.stack([rgb(stop) for stop in stops])
    at = np.linspace(0, 1, len(stops))
    return np.stack([np.interp(share, at, table[:, part]) for part in range(3)], axis=1).astype(np.float32)
