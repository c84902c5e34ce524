"""Fixtures of the whole suite stand in the kit, so that other services' tests may use them too."""

pytest_plugins = ["vzaimo.kit.testing.fixtures"]
