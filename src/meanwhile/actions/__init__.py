"""What can be done: the base of actions, typed parameters, the register of functions, and one file per action."""
