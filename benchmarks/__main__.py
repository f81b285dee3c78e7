"""Run every benchmark that needs nothing but this checkout: `make bench`."""

from benchmarks import pipeline, server, simulator

for benchmark in (pipeline, server, simulator):
    benchmark.main()
