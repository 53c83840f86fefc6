"""What the assistant behind an OpenAI-compatible endpoint is made of."""
