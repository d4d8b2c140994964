"""The telephone: what callers say and press becomes messages of the conversation, and answers become sound."""
