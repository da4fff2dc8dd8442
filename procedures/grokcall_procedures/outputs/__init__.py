"""What an answer holds beside its text: citations, sources, calls of tools, pictures, and the reply itself."""
