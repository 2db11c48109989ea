"""While a network runs, what passes its gates is noted or replaced."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from belvedere.explaining.gates import Gate
from belvedere.networks.blocks import Batch


@contextmanager
def replaced(gates: list[Gate], values: tuple[Tensor, ...]) -> Iterator[None]:
    """While open, modules at the gates take or give these values, or those of their inner place."""
    with ExitStack() as stack:
        for gate, value in zip(gates, values, strict=True):
            if gate.module is None:
                continue
            if gate.inner is not None:
                stack.enter_context(_method(gate.module, gate.inner.method, _giving(value)))
            if gate.side == "method":
                stack.enter_context(_method(gate.module, gate.method, _giving(value)))
            else:
                force = _force_input if gate.side == "in" else _force_output
                stack.callback(force(gate.module, value).remove)
        yield


@contextmanager
def _method(module: nn.Module, name: str, instead: Callable[[Any], Any]) -> Iterator[None]:
    """While open, a module has another method."""
    setattr(module, name, instead)
    try:
        yield
    finally:
        delattr(module, name)


def _giving(value: Tensor) -> Callable[[Any], Tensor]:
    return lambda _given: value


def _force_input(module: nn.Module, value: Tensor) -> Any:
    return module.register_forward_pre_hook(lambda _module, _inputs: (value,))


def _force_output(module: nn.Module, value: Tensor) -> Any:
    def force(_module: nn.Module, _inputs: Any, output: Any) -> Any:
        return (value, *output[1:]) if isinstance(output, tuple) else value

    return module.register_forward_hook(force)


@contextmanager
def watched(gates: list[Gate], batch: Batch) -> Iterator[list[Tensor]]:
    """While open, what passes the gates is written into the list given."""
    seen = [batch[gate.key].float() if gate.module is None else torch.empty(0) for gate in gates]
    with ExitStack() as stack:
        for at, gate in enumerate(gates):
            if gate.module is None:
                continue
            if gate.side == "method":
                stack.enter_context(_method(gate.module, gate.method, _noting(gate, seen, at)))
            else:
                stack.callback(_watch(gate, seen, at).remove)
        yield seen


def _noting(gate: Gate, seen: list[Tensor], at: int) -> Callable[[Any], Tensor]:
    """The gate's method, which notes what it gives."""
    method: Callable[[Any], Tensor] = getattr(gate.module, gate.method)

    def note(given: Any) -> Tensor:
        seen[at] = method(given).detach().float()
        return seen[at]

    return note


def _watch(gate: Gate, seen: list[Tensor], at: int) -> Any:
    def note(_module: nn.Module, inputs: Any, output: Any = None) -> None:
        value = inputs[0] if gate.side == "in" else output[0] if isinstance(output, tuple) else output
        seen[at] = value.detach().float()

    assert gate.module is not None
    return gate.module.register_forward_pre_hook(note) if gate.side == "in" else gate.module.register_forward_hook(note)


class Picked(dict[str, Tensor]):
    """A batch of which rows are picked, entry by entry as they are asked for, and some entries are others."""

    def __init__(self, batch: Batch, picked: Tensor, forced: Batch) -> None:
        super().__init__(batch | forced)
        self.picked, self.forced = picked, forced

    def __getitem__(self, name: str) -> Tensor:
        return self.forced[name] if name in self.forced else super().__getitem__(name)[self.picked]

    def items(self) -> Any:
        """Names and picked entries."""
        return {name: self[name] for name in self}.items()
