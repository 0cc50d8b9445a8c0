"""Loads the plugin in a plain checkout; an installed package is found by its entry point."""

pytest_plugins = ["harness.pytest_plugin"]
