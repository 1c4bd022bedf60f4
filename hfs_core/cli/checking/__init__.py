"""What `hfs plugins check` looks at; a plugin's own code runs only in processes that are started for it."""
