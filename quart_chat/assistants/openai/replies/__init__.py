"""What an endpoint answers, from the bytes of its stream to text and steps. No I/O here."""
