"""Answers that a language model writes and this program checks: nothing that fails is shown as fact."""
