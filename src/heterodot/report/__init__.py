"""The report: one HTML file that shows what a study asked, found, and doubts."""
