"""A request that cannot be carried out, told to whoever made it."""


class ConversationError(Exception):
    """`code` is for programs, the text is for the citizen or the agent."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
