"""What requests shows: rows as JSON, pages by key."""
