"""Dumps from those who publish them: what to download for a recipe, and how to do it without harm to anybody."""
