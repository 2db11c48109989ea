"""Sparse matrices, as SciPy holds or saves them: one vector column."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import scipy.sparse
from numpy.typing import NDArray

from belvedere.errors import SourceError
from belvedere.sources.opened import Opened
from belvedere.values import counted

MOST_BYTES = 2 * 2**30  # of the dense vectors; beyond it the columns that vary least are left out


def is_sparse_parts(arrays: Mapping[str, Any]) -> bool:
    """Tell the five arrays of `scipy.sparse.save_npz`."""
    return {"format", "shape", "data"} <= set(arrays) and ("indptr" in arrays or "row" in arrays)


def sparse_of_parts(arrays: Mapping[str, Any], path: Path) -> Any:
    """Build the matrix of its saved parts.

    Raises
    ------
    SourceError
        If the parts do not fit together.
    """
    try:
        kind = arrays["format"].item()
        kind = kind.decode() if isinstance(kind, bytes) else str(kind)
        shape = tuple(int(size) for size in arrays["shape"])
        if kind == "coo":
            return scipy.sparse.coo_matrix((arrays["data"], (arrays["row"], arrays["col"])), shape=shape).tocsr()
        maker = {"csr": scipy.sparse.csr_matrix, "csc": scipy.sparse.csc_matrix}[kind]
        matrix = maker((arrays["data"], arrays["indices"], arrays["indptr"]), shape=shape)
        matrix.check_format(full_check=True)
    except (ValueError, LookupError, TypeError, OverflowError, MemoryError) as error:
        raise SourceError(f"{path} must hold a whole sparse matrix, but does not ({error}). Save it again.") from error
    return matrix.tocsr()


def read_sparse(matrix: Any, name: str) -> Opened:
    """Make one vector column of a matrix, one row each."""
    account: tuple[str, ...] = ()
    whole = np.issubdtype(matrix.dtype, np.integer) and matrix.nnz > 0
    small = whole and matrix.data.min() >= 0 and matrix.data.max() <= 255
    dtype: Any = np.uint8 if small else np.float32
    affordable = int(MOST_BYTES // (max(1, matrix.shape[0]) * np.dtype(dtype).itemsize))
    if matrix.shape[1] > affordable:
        kept = _most_varying(matrix, affordable)
        account = (
            f"Of {counted(matrix.shape[1], 'value')} per row, the {len(kept):,} that vary most were kept (memory).",
        )
        matrix = matrix[:, kept]
    column = _dense_column(matrix, dtype)
    field = pa.field("counts" if whole else "values", column.type, metadata={b"belvedere.kind": b"vector"})
    told = f"A sparse matrix of {matrix.shape[0]:,} × {matrix.shape[1]:,} was read as one vector column."
    return Opened(name, pa.Table.from_arrays([column], schema=pa.schema([field])), (told, *account))


def _most_varying(matrix: Any, n_columns: int) -> NDArray[Any]:
    mean = np.asarray(matrix.mean(axis=0)).ravel()
    squares = np.asarray(matrix.multiply(matrix).mean(axis=0)).ravel()
    return np.sort(np.argsort(-(squares - mean**2), kind="stable")[:n_columns])


def _dense_column(matrix: Any, dtype: Any) -> pa.ChunkedArray:
    width = matrix.shape[1]
    step = max(1, (64 * 2**20) // max(1, width * np.dtype(dtype).itemsize))
    chunks = [
        pa.FixedSizeListArray.from_arrays(
            pa.array(matrix[start : start + step].toarray().astype(dtype).reshape(-1)), width
        )
        for start in range(0, matrix.shape[0], step)
    ]
    return pa.chunked_array(chunks, pa.list_(pa.from_numpy_dtype(dtype), width))
