"""A case as a row of the lists: the columns read, and how they are shown (domain reference, 6.1 and 6.3)."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, Final

from py360.modules.cases.statuses import LABELS, POLICY_STATUS
from py360.modules.identity.api import LANGUAGES

PROFILES: Final = {"normal": "Normal", "hni": "HNI", "super_hni": "Super HNI", "vip": "VIP"}
_LANGUAGE: Final = {code: name for code, name, *_ in LANGUAGES}

# `c` is renewal_cases or some rows picked from it: whoever lists picks the few rows first and joins then.
COLUMNS: Final = """
c.id as key, c.case_number as id, c.client_id as "clientId", u.customer_code as "customerId", u.full_name as "customerName",
u.customer_profile as "customerProfile", u.phone as "customerMobile", u.email as "customerEmail",
u.preferred_language as "preferredLanguage", p.policy_number as "policyNumber", p.policy_type as "policyType",
p.product_name as "productName", p.product_category as "productCategory", p.grace_period_days as grace,
c.channel, c.sub_channel as "subChannel", b.batch_code as "batchId", b.upload_id as "uploadId", c.status,
c.sub_status as "subStatus", c.policy_status as "policyStatus", c.assigned_to as "agentId", a.name as agent, c.priority,
c.last_action_date as "lastActionDate", c.total_calls as "totalCalls", c.current_work_step as "currentWorkStep",
c.due_date as "renewalDate", c.created_at as "uploadDate", c.closed_at as "closedDate",
c.next_follow_up_date as "nextFollowUpDate", c.next_action_plan as "nextActionPlan",
p.premium_amount::float8 as premium, c.renewal_amount::float8 as "renewalAmount", c.payment_status as "paymentStatus",
c.version
"""
JOINS: Final = """
join customers u on u.id = c.customer_id
join policies p on p.id = c.policy_id
left join upload_batches b on b.id = c.batch_id
left join identity_public_users a on a.id = c.assigned_to
"""


def policy_status(row: Mapping[str, Any], today: date) -> str:
    """The label of a policy's status: set by hand, else by the due date and the days of grace; renewed is Active."""
    if row["policyStatus"]:
        return POLICY_STATUS[row["policyStatus"]]
    if row["status"] == "renewed":
        return "Active"
    if today <= row["renewalDate"]:
        return "Pre Due Stage"
    return "Policy Due" if today <= row["renewalDate"] + timedelta(days=row["grace"]) else "Reinstatement"


def shown(row: dict[str, Any], today: date) -> dict[str, Any]:
    """The row of the wire, made of the row read (which is changed): labels where people look, codes beside them."""
    row["policyStatus"] = policy_status(row, today)
    del row["key"], row["grace"]
    row["statusCode"] = row["status"]
    row["status"] = LABELS[row["statusCode"]]
    row["isPriority"] = row["priority"] in ("high", "urgent")
    row["agent"] = row["assignedAgent"] = row["agent"] or "Unassigned"  # the screens have both words
    row["customerProfile"] = PROFILES[row["customerProfile"]]
    row["preferredLanguage"] = _LANGUAGE.get(row["preferredLanguage"], row["preferredLanguage"])
    if row["uploadId"] is not None:
        row["uploadId"] = f"upload-{row['uploadId']}"
    return row
