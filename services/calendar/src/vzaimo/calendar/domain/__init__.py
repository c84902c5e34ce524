"""Calendar's rules: pure, time is an argument."""
