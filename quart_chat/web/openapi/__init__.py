"""What a route takes and answers: declared once, decoded, and described in the OpenAPI document."""
