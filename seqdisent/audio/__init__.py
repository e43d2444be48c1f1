"""Sound: from recordings to what models see and back."""
