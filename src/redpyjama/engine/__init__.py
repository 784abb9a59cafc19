"""Runs a graph of tasks: on this machine, on a cluster."""
