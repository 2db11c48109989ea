"""How good a map is: one file per score, by a protocol that is fixed before anything is tuned."""
