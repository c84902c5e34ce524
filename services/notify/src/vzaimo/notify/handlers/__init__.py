"""What notify does: one transaction each."""
