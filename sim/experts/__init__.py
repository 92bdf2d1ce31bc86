"""Scripted experts, one a task: closed loops over what can be observed, in any engine."""
