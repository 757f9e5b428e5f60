"""Question → passages: two legs, fused by rank."""
