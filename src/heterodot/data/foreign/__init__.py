"""Calculations other people made with other codes, read into the data model of this one."""
