"""How messages come in and go out: each channel parses and sends, and knows nothing of campaigns or Rasa."""
