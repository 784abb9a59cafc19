"""What runs in a peer's own environment: no import of ours."""
