"""This project beside what one would use instead: run ``python -m benchmarks``."""
