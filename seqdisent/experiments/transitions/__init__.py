"""``seqdisent transitions``: stochastic against deterministic transitions, beyond the length of training."""
