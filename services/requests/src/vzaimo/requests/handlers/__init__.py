"""Requests' commands: one transaction each."""
