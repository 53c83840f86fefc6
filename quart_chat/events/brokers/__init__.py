"""Brokers, a module for each engine; each imports its driver by itself."""
