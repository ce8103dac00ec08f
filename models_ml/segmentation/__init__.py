"""Who customers are: two rule segments, and clusters of behaviour named by what distinguishes them."""
