"""What the documentation shows is run: blocks of Python, shell and JSON, and the messages it quotes."""
