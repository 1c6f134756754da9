"""The kit: what every module stands on. No word of the insurance business is spoken here."""
