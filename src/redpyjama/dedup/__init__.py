"""De-duplication methods as stages and exchanges; no engine in sight."""
