"""Ways out: pictures, tables, one HTML file."""
