"""Every row of docs/compatibility.md, against real servers: what LibreTranslate 1.9.6 was seen to answer, or better."""
