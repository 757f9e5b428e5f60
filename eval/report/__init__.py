"""A run as people read it: one HTML file in Japanese, and JUnit for machines."""
