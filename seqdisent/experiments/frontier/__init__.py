"""``seqdisent frontier``: many small models of one data set, and which of their codes leak what."""
