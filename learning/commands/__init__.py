"""One module for each subcommand of ``safelight``, imported when it is called."""
