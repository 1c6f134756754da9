"""When a customer last wrote on WhatsApp: free text is delivered within 24 hours of it. Addresses of customers in other scripts
are kept as they are written to."""

from typing import Final

import idna
from alembic import op

revision = "0012_add_whatsapp_windows"
down_revision = "0011_scope_webhooks_and_disputes"
branch_labels = None
depends_on = None

_OPENED: Final = """
insert into whatsapp_windows (client_id, provider_id, contact, last_message_at)
select client_id, provider_id, recipient_contact, max(replied_at) from communication_delivery_status
where communication_type = 'whatsapp' and provider_id is not null and replied_at > now() - interval '1 day'
  and created_at > now() - interval '8 days'
group by client_id, provider_id, recipient_contact
"""


def upgrade() -> None:
    op.execute("set local lock_timeout = '4s'")
    op.execute(
        "create table whatsapp_windows ("
        " client_id bigint not null references clients (id) on delete cascade,"
        " provider_id bigint not null references providers (id) on delete cascade,"
        " contact varchar(255) not null,"
        " last_message_at timestamptz not null,"
        " primary key (provider_id, contact))"
    )
    op.execute("create index idx_whatsapp_windows_client on whatsapp_windows (client_id)")
    op.execute(_OPENED)
    connection = op.get_bind()
    for number, email in connection.exec_driver_sql(
        "select id, email from customers where email ~ '[^\\x01-\\x7f]'"
    ).fetchall():
        local, _, domain = email.rpartition("@")
        try:
            ascii_domain = idna.encode(domain, uts46=True).decode()
        except idna.IDNAError:
            continue  # it could not be written to before either: the send gate refuses it by name
        connection.exec_driver_sql(
            "update customers set email = %s where id = %s", (f"{local}@{ascii_domain}"[:255], number)
        )


def downgrade() -> None:
    op.execute("set local lock_timeout = '4s'")
    op.execute("drop table whatsapp_windows")
