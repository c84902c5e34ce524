"""What registry shows: rows as JSON, pages by key."""
