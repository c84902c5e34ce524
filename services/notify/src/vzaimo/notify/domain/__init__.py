"""Whom what concerns: pure, time is an argument."""
