"""Files of the bank and of the gateways: read into lines, shown, applied."""
