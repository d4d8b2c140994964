"""What the bots do: rasa-sdk actions that follow one protocol and call the institution's services.

The only room that imports rasa_sdk. Start reading at `protocol.py`, then `cita_medica.py`.
"""
