"""Which passage answers a question: both are taken apart, compared and weighed."""
