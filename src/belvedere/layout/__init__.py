"""The layout engine: neighbors, forces, places, and a function that places new rows."""
