"""The adapter to the dialogue engine: Rasa over HTTP, and the wire types shared with the action server."""
