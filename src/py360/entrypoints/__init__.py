"""How the house is entered: command line, API, worker; and wiring, the only file that knows every module."""
