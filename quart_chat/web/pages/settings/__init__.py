"""The pages of settings, and what each browser chooses: the language and the appearance."""
