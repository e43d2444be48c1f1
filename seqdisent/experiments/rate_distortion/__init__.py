"""``seqdisent rate-distortion``: reconstruction quality against the bits of the codes."""
