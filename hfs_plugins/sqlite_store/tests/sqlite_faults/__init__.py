"""What happens to a SQLite store when something goes wrong: real files, real processes, real full disks."""
