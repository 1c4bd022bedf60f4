"""The fixtures that HFS gives to the authors of plugins, for our own plugins and examples too."""

pytest_plugins = ["hfs_core.testing"]
