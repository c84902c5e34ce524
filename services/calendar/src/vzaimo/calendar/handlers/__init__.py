"""Calendar's commands: one transaction each."""
