"""One function a command, one transaction."""
