"""One file per format of policy files, each giving `sheets.Sheet`s. They run in the child process only."""
