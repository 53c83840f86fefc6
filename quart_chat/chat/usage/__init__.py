"""What users have used: counted as their answers end, shown, and held within limits."""
