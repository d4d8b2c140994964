"""Quality review by people, as pure functions: the month's sample, the four criteria, how far two reviewers agree."""
