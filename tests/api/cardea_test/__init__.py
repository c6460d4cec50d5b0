"""What the outside tests share: the daemon's process, a recording client, the API description, the search for leaks."""
