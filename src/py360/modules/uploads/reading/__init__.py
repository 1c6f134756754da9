"""Reading a policy file of any usual kind into frames of text, in bounded memory."""
