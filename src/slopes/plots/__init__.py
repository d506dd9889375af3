"""Figures of the course: arrays in, drawing out; nothing is computed here."""
