"""What a database or a disk refuses, told as errors, and how long a request waits for it."""
