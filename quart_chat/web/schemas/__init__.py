"""What the API takes and answers: requests are decoded by these, and the document shows them."""
