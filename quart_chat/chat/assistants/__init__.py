"""Who answers: the protocol of an assistant, and the ones that come with the application."""
