"""What campaign administrators write: campaigns, menus, prompts, articles. Read afresh when a file changes."""
