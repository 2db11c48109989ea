"""What a network learns by: a loss from outputs and labels, and predictions from outputs. `OBJECTIVES` is the table.

Outputs are (rows, outputs), or (rows, members, outputs) from an ensemble, whose members each learn from their own loss.
"""

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from belvedere.errors import SettingError, nearest_names
from belvedere.training.forecast import forecast_loss, scaled_error
from belvedere.training.steps import squared_step_error, step_loss
from belvedere.training.survival import cox_loss, hazard_loss
from belvedere.training.tokens import missed_labels, token_loss

Loss = Callable[[Tensor, Tensor], Tensor]


@dataclass(frozen=True)
class Objective:
    """The loss while training, the loss that is reported, and how outputs become predictions."""

    loss: Loss
    reported: Loss
    predict: Callable[[Tensor], Tensor]  # (rows, outputs) -> probabilities (rows, classes), or values (rows,)


def per_member(outputs: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    """Give every ensemble member its own row: (rows * members, outputs), (rows * members,).

    Examples
    --------
    >>> outputs, labels = per_member(torch.zeros(2, 3, 1), torch.tensor([0, 1]))
    >>> outputs.shape, labels
    (torch.Size([6, 1]), tensor([0, 0, 0, 1, 1, 1]))
    """
    if outputs.dim() == 2:
        return outputs, labels
    return outputs.flatten(0, 1), labels.repeat_interleave(outputs.shape[1])


def binary_loss(outputs: Tensor, labels: Tensor) -> Tensor:
    """Binary cross-entropy of one logit per row; labels 0 and 1."""
    outputs, labels = per_member(outputs, labels)
    return functional.binary_cross_entropy_with_logits(outputs[:, 0], labels.float())


def multiclass_loss(outputs: Tensor, labels: Tensor) -> Tensor:
    """Cross-entropy of one logit per class; labels are codes from 0."""
    outputs, labels = per_member(outputs, labels)
    return functional.cross_entropy(outputs, labels)


def smoothed_loss(outputs: Tensor, labels: Tensor) -> Tensor:
    """Cross-entropy with a tenth of the label spread over all classes (Szegedy et al. 2016)."""
    outputs, labels = per_member(outputs, labels)
    return functional.cross_entropy(outputs, labels, label_smoothing=0.1)


def squared_loss(outputs: Tensor, labels: Tensor) -> Tensor:
    """Mean squared error of a standardized number."""
    outputs, labels = per_member(outputs, labels)
    return functional.mse_loss(outputs[:, 0], labels.float())


def huber_loss(outputs: Tensor, labels: Tensor) -> Tensor:
    """Squared near zero, straight beyond 2 standard deviations: outliers pull with a bounded force (Huber 1964)."""
    outputs, labels = per_member(outputs, labels)
    return functional.huber_loss(outputs[:, 0], labels.float(), delta=2.0)


def multilabel_loss(outputs: Tensor, labels: Tensor) -> Tensor:
    """Binary cross-entropy of one logit per label, each member of an ensemble by itself; labels (rows, labels)."""
    outputs = outputs if outputs.dim() == 3 else outputs[:, None]
    return functional.binary_cross_entropy_with_logits(outputs, labels[:, None].expand_as(outputs))


def binary_chances(outputs: Tensor) -> Tensor:
    """Probabilities of both classes: (rows, 1) -> (rows, 2)."""
    positive = torch.sigmoid(outputs[:, 0])
    return torch.stack([1 - positive, positive], dim=1)


def as_they_are(outputs: Tensor) -> Tensor:
    """Outputs that `tasks.TASKS` turns into predictions, since that needs the target."""
    return outputs


OBJECTIVES = {
    "binary": Objective(binary_loss, binary_loss, binary_chances),
    "multiclass": Objective(multiclass_loss, multiclass_loss, lambda outputs: torch.softmax(outputs, dim=1)),
    "regression": Objective(huber_loss, squared_loss, lambda outputs: outputs[:, 0]),
    "multilabel": Objective(multilabel_loss, multilabel_loss, torch.sigmoid),
    "tokens": Objective(token_loss, missed_labels, as_they_are),
    "steps": Objective(step_loss, squared_step_error, as_they_are),
    "forecast": Objective(forecast_loss, scaled_error, as_they_are),
    "survival": Objective(hazard_loss, hazard_loss, as_they_are),
    "cox": Objective(cox_loss, cox_loss, as_they_are),
}


def objective_for(task: str, *, smooth: bool = False) -> Objective:
    """Find the objective of a task; `smooth` spreads a tenth of each label over all classes.

    Raises
    ------
    SettingError
        If there is no such task.
    """
    if task not in OBJECTIVES:
        raise SettingError(f"There is no task {task!r}. {nearest_names(task, OBJECTIVES)}")
    if smooth and task == "multiclass":
        return Objective(smoothed_loss, multiclass_loss, OBJECTIVES[task].predict)
    return OBJECTIVES[task]
