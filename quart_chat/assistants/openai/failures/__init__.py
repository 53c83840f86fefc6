"""Why an endpoint gives no answer, in its own words, and in ours."""
