"""Programs that people use with LibreTranslate, and what they send and understand, against the running server."""
