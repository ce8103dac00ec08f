"""Who is who: parties of all sources become customers whose keys stay."""
