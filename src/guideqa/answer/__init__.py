"""Passages → an answer: which sentences, in what form, or that the documents do not say."""
