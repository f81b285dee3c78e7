"""A population with planted circles, lifestyles, share probabilities and ties."""

from segmentation.simulator.simulation import SimulationReport, simulate
from segmentation.simulator.tables import TABLE_FILES

__all__ = ["TABLE_FILES", "SimulationReport", "simulate"]
