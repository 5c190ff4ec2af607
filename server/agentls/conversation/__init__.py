"""The truth about a task: its events, their fold into a state, what to do next, and the view the model is sent."""
