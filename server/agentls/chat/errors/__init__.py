"""Reading an error: its body in any shape, the code it means, how long to wait. `failure.py` puts them together."""
