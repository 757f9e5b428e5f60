"""Who may use the server: keys of programs, users of the chat, and a proxy that says who somebody is."""
