"""RedPyjama: from raw dumps to an open pre-training corpus, a base model and an assistant."""
