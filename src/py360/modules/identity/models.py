"""Users, roles and sessions."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import BigInteger, DateTime, ForeignKey, Identity, String, Text, func
from sqlalchemy.dialects.postgresql import INET, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from py360.kit.db import Base

Moment = DateTime(timezone=True)
# How users, roles and clients are locked for a change: every line of the audit log refers to them, and must not wait for it.
NO_KEY: Final = {"key_share": True}


def split_name(name: str) -> tuple[str, str]:
    """First and last name of a full name: split at the last space (domain reference, A 15)."""
    first, _, last = name.strip().rpartition(" ")
    return (first.strip(), last) if first else (last, "")


class Client(Base):
    """An insurer this installation works for. Everything about customers belongs to exactly one."""

    __tablename__ = "clients"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    client_code: Mapped[str] = mapped_column(String(50), unique=True)
    client_name: Mapped[str] = mapped_column(String(255))
    industry: Mapped[str | None] = mapped_column(String(100))
    contact_email: Mapped[str | None] = mapped_column(String(255))
    contact_phone: Mapped[str | None] = mapped_column(String(20))
    is_active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(Moment, server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(Moment, server_default=func.now())


class Role(Base):
    """A named set of permissions and how far its holders reach."""

    __tablename__ = "roles"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    name: Mapped[str] = mapped_column(String(50), unique=True)
    display_name: Mapped[str] = mapped_column(String(100))
    description: Mapped[str | None] = mapped_column(Text)
    permissions: Mapped[list[str]] = mapped_column(JSONB, default=list)
    reach: Mapped[str] = mapped_column(String(10), default="own")
    is_system: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime] = mapped_column(Moment, server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(Moment, server_default=func.now())


class User(Base):
    """A person who signs in. What they may do is their role's set plus `granted` minus `revoked`."""

    __tablename__ = "users"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    client_id: Mapped[int] = mapped_column(BigInteger)
    email: Mapped[str] = mapped_column(String(255), unique=True)
    password_hash: Mapped[str] = mapped_column(String(255))
    first_name: Mapped[str] = mapped_column(String(100))
    last_name: Mapped[str] = mapped_column(String(100))
    phone: Mapped[str | None] = mapped_column(String(20))
    department: Mapped[str | None] = mapped_column(String(100))
    job_title: Mapped[str | None] = mapped_column(String(100))
    role_id: Mapped[int | None] = mapped_column(BigInteger, ForeignKey("roles.id", ondelete="RESTRICT"))
    status: Mapped[str] = mapped_column(String(20), default="active")
    avatar_url: Mapped[str | None] = mapped_column(String(500))
    portal_language: Mapped[str] = mapped_column(String(10), default="en")
    preferences: Mapped[dict[str, Any]] = mapped_column(JSONB, default=dict)
    granted_permissions: Mapped[list[str]] = mapped_column(JSONB, default=list)
    revoked_permissions: Mapped[list[str]] = mapped_column(JSONB, default=list)
    last_login: Mapped[datetime | None] = mapped_column(Moment)
    password_changed_at: Mapped[datetime] = mapped_column(Moment, server_default=func.now())
    require_password_change: Mapped[bool] = mapped_column(default=False)
    failed_login_attempts: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None] = mapped_column(Moment)
    mfa_enabled: Mapped[bool] = mapped_column(default=False)
    mfa_secret: Mapped[str | None] = mapped_column(String(255))
    mfa_used_step: Mapped[int | None] = mapped_column(BigInteger)
    password_reset_token: Mapped[str | None] = mapped_column(String(255))
    password_reset_expires: Mapped[datetime | None] = mapped_column(Moment)
    pending_email: Mapped[str | None] = mapped_column(String(255))
    email_change_token: Mapped[str | None] = mapped_column(String(255))
    email_change_expires: Mapped[datetime | None] = mapped_column(Moment)
    created_at: Mapped[datetime] = mapped_column(Moment, server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(Moment, server_default=func.now())

    @property
    def name(self) -> str:
        """First and last name as one."""
        return f"{self.first_name} {self.last_name}".strip()


class UserSession(Base):
    """One signed-in device. Only digests of its secrets are stored."""

    __tablename__ = "user_sessions"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    user_id: Mapped[int] = mapped_column(BigInteger, ForeignKey("users.id", ondelete="CASCADE"))
    session_token: Mapped[str] = mapped_column(String(255), unique=True)
    refresh_token: Mapped[str] = mapped_column(String(255), unique=True)
    previous_refresh_token: Mapped[str | None] = mapped_column(String(255))
    ip_address: Mapped[str | None] = mapped_column(INET)
    user_agent: Mapped[str | None] = mapped_column(Text)
    expires_at: Mapped[datetime] = mapped_column(Moment)
    revoked_at: Mapped[datetime | None] = mapped_column(Moment)
    created_at: Mapped[datetime] = mapped_column(Moment, server_default=func.now())
    last_activity: Mapped[datetime] = mapped_column(Moment, server_default=func.now())
