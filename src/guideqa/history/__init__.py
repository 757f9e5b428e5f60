"""Conversations that are kept on the server."""
