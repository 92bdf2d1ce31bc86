"""Stages that decide what stays in a data set."""
