"""Gates: which rules decide what may pass, and how they are run and recorded."""
