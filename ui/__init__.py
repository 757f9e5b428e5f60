"""The Gradio chat for staff."""
