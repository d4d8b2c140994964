"""Wiring: the only place where adapters meet ports. Settings, the application, the command line."""
