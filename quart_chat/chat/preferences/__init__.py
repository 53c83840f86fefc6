"""What users set for themselves: how new chats begin, and presets for what a model is asked."""
