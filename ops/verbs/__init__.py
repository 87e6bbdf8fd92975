"""The commands, one per module: ``main(options)`` parses its options, does its work and returns the exit status."""
