"""Payment gateways: stateless translators between their wire formats and our facts."""
