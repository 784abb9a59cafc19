"""Small models that judge text, trained from the corpus itself."""
