"""A notebook's kernel without a notebook: one `MapWidget`, spoken to by lines of JSON; for tests of the cell.

`python tests/cell_bridge.py MAP` opens the map. Lines in: {"data", "buffers"} as a comm brings them, or {"select": rows}
as a person's code would say. Lines out: {"data", "buffers"} as the comm sends them, or {"selected": rows} when it changes.
"""

import base64
import json
import sys
from typing import Any

import comm


class LineComm:
    """A comm whose other end is the terminal."""

    comm_id = "cell"

    def __init__(self, say, data=None, buffers=None, **_: Any) -> None:
        self.say = say
        self._hear = lambda _: None
        self.send(data=data, buffers=buffers)

    def send(self, data=None, metadata=None, buffers=None) -> None:
        """Write one message as a line."""
        self.say({"data": data, "buffers": [base64.b64encode(bytes(part)).decode() for part in buffers or []]})

    def on_msg(self, hear) -> None:
        """Remember who listens."""
        self._hear = hear

    def bring(self, data, buffers) -> None:
        """A message from the page."""
        self._hear({"content": {"data": data}, "buffers": [memoryview(base64.b64decode(part)) for part in buffers]})

    def close(self, *_: Any, **__: Any) -> None:
        """Nothing to close."""


def open_cell(made, say):
    """A map's widget whose messages go to `say`; returns the widget and its comm."""
    comms: list[LineComm] = []

    def create(*_: Any, **options: Any) -> LineComm:
        comms.append(LineComm(say, **{k: v for k, v in options.items() if k in ("data", "buffers")}))
        return comms[-1]

    comm.create_comm = create
    widget = made.widget()
    return widget, widget.comm


def main() -> None:
    """Speak for one map until the input ends."""
    import belvedere

    def say(message):
        sys.stdout.write(json.dumps(message) + "\n")
        sys.stdout.flush()

    widget, line = open_cell(belvedere.open(sys.argv[1]), say)
    widget.observe(lambda change: say({"selected": change["new"].tolist()}), names="selected")
    for text in sys.stdin:
        message = json.loads(text)
        if "select" in message:
            widget.selected = message["select"]
        else:
            line.bring(message["data"], message["buffers"])


if __name__ == "__main__":
    main()
