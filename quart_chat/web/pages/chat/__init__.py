"""The pages of chats: a new one, and the rounds, the queue and the link of one."""
