"""What people look at: projections of codes, pictures and clips."""
