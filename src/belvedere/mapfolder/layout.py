"""Which files a map folder holds, and which version of the format this is."""

FORMAT_VERSION = 1
FORMAT_NAME = "belvedere map"

MANIFEST = "manifest.json"
LOCKED = "locked.bin"  # all else, encrypted: see encrypted.py
LOCKED_NAME = "belvedere locked map"
ROWS = "rows.arrow"
PLACES = "places.parquet"
LATENT = "latent.npy"
NEIGHBORS = "neighbors.npy"
REGIONS = "regions.json"
NETWORK_CONFIG = "network/config.json"
NETWORK_TENSORS = "network/model.safetensors"
THUMBNAILS = "media/thumbnails.arrow"
TAGS = "tags.parquet"
SEARCH = "search.sqlite"  # rebuilt from the rows when missing, so never listed in the manifest

REQUIRED = (ROWS, PLACES, REGIONS)
OPTIONAL = (LATENT, NEIGHBORS, NETWORK_CONFIG, NETWORK_TENSORS, THUMBNAILS, TAGS)

FILE_MODE = 0o600
FOLDER_MODE = 0o700
