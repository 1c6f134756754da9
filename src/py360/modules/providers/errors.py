"""Problems of vendor accounts."""

from py360.kit.errors import Conflict


class VendorNotAvailable(Conflict):
    """This vendor is not supported yet."""

    default_code = "vendor_not_available"
