"""What notify shows: rows as JSON, pages by key."""
