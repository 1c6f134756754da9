"""Refusals of identity that a client distinguishes by their code."""

from py360.kit.errors import Conflict, Forbidden, TooMany, Unauthenticated


class WrongCredentials(Unauthenticated):
    """The e-mail or the password is wrong."""

    default_code = "wrong_credentials"


class AccountLocked(TooMany):
    """Too many wrong passwords. Wait a while and try again, or set a new password with “Forgot password”."""

    default_code = "account_locked"


class AccountNotActive(Forbidden):
    """This account is not active. Ask your administrator."""

    default_code = "account_not_active"


class WrongCode(Unauthenticated):
    """This code is wrong, too old, or was used already. Enter the newest one of your app."""

    default_code = "wrong_code"


class SignInExpired(Unauthenticated):
    """This sign-in has expired. Enter your e-mail and password again."""

    default_code = "sign_in_expired"


class LastAdministrator(Conflict):
    """This is the last active administrator. Make another person an administrator first."""

    default_code = "last_admin"


class OneselfRefused(Conflict):
    """You cannot do this to your own account."""

    default_code = "own_account"
