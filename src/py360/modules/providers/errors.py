"""Problems of vendor accounts."""

from py360.kit.errors import Conflict


class VendorNotAvailable(Conflict):
    """Nothing here speaks to this vendor yet."""

    default_code = "vendor_not_available"
