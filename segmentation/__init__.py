"""The batch pipeline and the read side of its snapshots."""
