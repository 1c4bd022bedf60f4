"""The shell's side of HFS: one file a subcommand; nothing heavy is imported before it is needed."""
