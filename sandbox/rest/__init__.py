"""The REST/JSON services of the sandbox, base `/v1` (services.md §10)."""
