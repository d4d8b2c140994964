"""The domain core: one state machine for every channel, and the one door through which messages pass.

Standard library and pydantic only; adapters (engine, ledger, channels) reach it through `conversation.ports`.
"""
