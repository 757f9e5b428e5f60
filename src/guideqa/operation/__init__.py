"""What a running server tells those who look after it: metrics, logs, and who saw which page."""
