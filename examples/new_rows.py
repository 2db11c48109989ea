"""Learn a map, keep some rows aside, place them later: `python examples/new_rows.py`.

The wines of scikit-learn: 178 wines, 13 measurements, three growers. Thirty wines are kept aside and placed by the
network afterwards; the script says how many of them land nearest to a wine of their own grower.
"""

import numpy as np
from sklearn.datasets import load_wine

import belvedere as bv


def main() -> None:
    """Make the map, place the wines kept aside, write a picture."""
    wines = load_wine()
    grower = np.array([f"grower {n + 1}" for n in wines.target])
    columns = {name: wines.data[:, i] for i, name in enumerate(wines.feature_names)} | {"grower": grower}
    aside = np.zeros(len(grower), bool)
    aside[np.random.default_rng(0).permutation(len(grower))[:30]] = True

    made = bv.map({name: values[~aside] for name, values in columns.items()}, target="grower", name="Wines")
    placed = made.place({name: values[aside] for name, values in columns.items()})

    away = np.linalg.norm(placed.places[:, None] - made.places[None], axis=2)
    same = grower[~aside][away.argmin(axis=1)] == grower[aside]
    print(f"{same.sum()} of {len(same)} wines kept aside land nearest to a wine of their own grower.")
    print(f"{placed.n_far_off} of them lie farther from the learned wines than 99 of 100 of those do.")
    print(f"Held-out accuracy of the network: {made.score('accuracy').value:.3f}")
    print(f"Picture: {made.export('wines.png')}")


if __name__ == "__main__":
    main()
