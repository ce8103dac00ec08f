"""Sources into landing: PostgreSQL by COPY, files by their declared format; versions, never updates."""
