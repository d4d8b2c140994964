"""Where people attend: accounts, queue, console."""
