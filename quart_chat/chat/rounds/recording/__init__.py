"""What a round brings forth: kept in memory, stored and emitted as it comes."""
