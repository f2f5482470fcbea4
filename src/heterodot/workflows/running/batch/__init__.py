"""Batch queues: scripts, jobs, and what is known of both."""
