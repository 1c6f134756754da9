"""How likely a case is to lapse: the inputs, the model, its training and its card."""
