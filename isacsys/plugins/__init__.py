"""Kinds of plug-in, and loading of users' code."""
