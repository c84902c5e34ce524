"""What calendar shows: rows as JSON, pages by key."""
