"""Japanese text: one normalisation and one tokenisation, for documents and questions alike."""
