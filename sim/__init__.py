"""Robots in physics engines: tasks, experts, randomisation, events, rollouts."""
