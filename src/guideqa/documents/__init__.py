"""What an administrator does with documents while a server runs: jobs, uploads, and the ledger."""
