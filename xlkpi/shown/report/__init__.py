"""The month as one HTML file that people open, search and print; and assessments as PDF."""
