"""HTTP over one open snapshot."""
