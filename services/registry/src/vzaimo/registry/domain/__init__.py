"""The rules of registry: pure, time is an argument."""
