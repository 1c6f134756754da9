"""Everybody has notifications of their own: any login may read and mark them, read-only roles too."""

from py360.kit.http import SignedIn

Owner = SignedIn
