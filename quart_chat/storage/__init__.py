"""What keeps chats and documents: engines that implement the features' contracts."""
