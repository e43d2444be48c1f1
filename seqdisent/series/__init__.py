"""Time series: tables that people bring, and their units."""
