"""What levels of theory were measured to be right for: published numbers, and ours beside them.

``published.yaml`` holds what was measured or calculated by others, each with its source;
``dot.json`` our own reference for a small dot; ``measured.json`` what every level gave, as
``heterodot validate --write`` left it.
"""
