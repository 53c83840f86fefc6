"""What every engine of the store promises: the contracts of the features, as tests."""
