"""``seqdisent benchmark``: downstream tasks of time series, over seeds."""
