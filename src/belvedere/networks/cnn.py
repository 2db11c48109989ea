"""The textbook convolutional network for images: two convolutions, one pooling, one dense layer."""

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from belvedere.errors import ColumnError
from belvedere.networks.blocks import Batch, Encoder, Shape, dropout_or
from belvedere.networks.images import pixel_statistics, scaled_pixels
from belvedere.types import Input


class CnnEncoder(Encoder):
    """Conv 32, Conv 64, MaxPool 2, Flatten, Dense 128; with ten outputs 1,199,882 parameters on 28 x 28 x 1."""

    textbook = True

    def __init__(self, inputs: list[tuple[int, Input]], shape: Shape) -> None:
        super().__init__()
        (self.position, item), self.dims = inputs[0], 128
        height, width, channels = (int(item.info[key]) for key in ("height", "width", "channels"))
        if min(height, width) < 6:
            raise ColumnError(
                f"The network 'cnn' must see at least 6 x 6 pixels, but column {item.name!r} holds "
                f"{height} x {width}. Choose --network mlp or resnet."
            )
        self.first, self.second = nn.Conv2d(channels, 32, 3), nn.Conv2d(32, 64, 3)
        self.dense = nn.Linear(64 * ((height - 4) // 2) * ((width - 4) // 2), 128)
        self.drop = nn.Dropout(dropout_or(0.0, shape))
        for name, value in zip(("mean", "std"), pixel_statistics(item), strict=True):
            self.register_buffer(name, value, persistent=False)

    def forward(self, batch: Batch) -> Float[Tensor, "rows dims"]:
        """(rows, h, w, c) pixels -> (rows, 128)."""
        x = scaled_pixels(batch[f"{self.position}.pixels"], self.get_buffer("mean"), self.get_buffer("std"))
        x = torch.relu(self.second(torch.relu(self.first(x))))
        x = functional.max_pool2d(x, 2)
        flat = x.permute(0, 2, 3, 1).flatten(1)  # row, column, channel: the textbook's order, so weights copy over
        y: Tensor = self.drop(torch.relu(self.dense(flat)))
        return y
