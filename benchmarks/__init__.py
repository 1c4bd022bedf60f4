"""What HFS costs, measured as ratios within one run; `make bench` prints all of it."""
