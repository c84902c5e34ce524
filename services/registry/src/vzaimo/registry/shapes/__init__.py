"""What goes over HTTP: bodies of commands, and views."""
