"""What every part of the runtime uses: checksums, clock, files, integers."""
