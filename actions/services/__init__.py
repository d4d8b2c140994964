"""Typed clients of the institution's services: one module each. A failure is a value, `ServiceFailure`."""
