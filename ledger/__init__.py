"""The record: what happened, by folio. Append-only; what is paid is computed from it and can be computed again."""
