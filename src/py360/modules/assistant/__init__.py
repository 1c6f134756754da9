"""The assistant: answers from the office's own data and documents, by a language model or, without one, by rules."""
