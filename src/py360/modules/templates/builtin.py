"""The templates every installation starts with (domain reference, section 13.2)."""

from typing import Final

from py360.modules.templates.models import Channel
from py360.modules.templates.service.save import Draft

_HEAD: Final = """<mjml>
  <mj-head>
    <mj-preview>{preview}</mj-preview>
    <mj-attributes>
      <mj-all font-family="Helvetica, Arial, sans-serif" />
      <mj-text font-size="15px" line-height="23px" color="#1f2937" padding="6px 0" />
      <mj-button background-color="#0f766e" color="#ffffff" font-size="16px" font-weight="bold" border-radius="6px"
        inner-padding="14px 34px" padding="18px 0" />
    </mj-attributes>
  </mj-head>
  <mj-body background-color="#eef2f5" width="600px">
    <mj-section background-color="#0f766e" padding="18px 28px" border-radius="8px 8px 0 0">
      <mj-column>
        <mj-text color="#ffffff" font-size="18px" font-weight="bold" padding="0">{{{{company_name}}}}</mj-text>
      </mj-column>
    </mj-section>
    <mj-section background-color="#ffffff" padding="24px 28px 16px" border-radius="0 0 8px 8px">
      <mj-column>
        <mj-text font-size="21px" line-height="28px" font-weight="bold" color="#0f172a">{title}</mj-text>
        <mj-text>Dear {{{{customer_name}}}},</mj-text>
"""
_TAIL: Final = """        <mj-text color="#475569">
          {% if support_phone %}Questions? Call us on {{support_phone}}, we are glad to help.{% endif %}
        </mj-text>
        <mj-text>Warm regards,<br />{{company_name}}</mj-text>
      </mj-column>
    </mj-section>
    <mj-section padding="14px 28px">
      <mj-column>
        <mj-text align="center" font-size="12px" line-height="18px" color="#64748b">
          You receive this because of your policy {{policy_number}} with us.<br />
          <a href="{{unsubscribe_link}}" style="color:#64748b">Stop these e-mails</a>
        </mj-text>
      </mj-column>
    </mj-section>
  </mj-body>
</mjml>
"""


def _facts(*rows: tuple[str, str]) -> str:
    cells = "".join(
        f'<tr style="border-bottom:1px solid #e2e8f0"><td style="padding:9px 0;color:#64748b">{label}</td>'
        f'<td style="padding:9px 0;text-align:right;font-weight:bold">{{{{{name}}}}}</td></tr>'
        for label, name in rows
    )
    return f'        <mj-table font-size="15px" padding="12px 0">{cells}</mj-table>\n'


def _mail(name: str, category: str, subject: str, title: str, *parts: str, preview: str = "") -> Draft:
    body = "".join(
        part if part.lstrip().startswith("<mj-") else f"        <mj-text>{part}</mj-text>\n" for part in parts
    )
    content = _HEAD.format(preview=preview or title, title=title) + body + _TAIL
    return Draft(name=name, channel="email", subject=subject, content=content, format="mjml", category=category)


def _button(label: str) -> str:
    return f'        <mj-button href="{{{{payment_link}}}}">{label}</mj-button>\n'


_POLICY: Final = (("Policy", "policy_number"), ("Type", "policy_type"), ("Due on", "due_date"))
_AMOUNT: Final = ("Amount to pay", "renewal_amount")

EMAILS: Final = (
    _mail(
        "Renewal Reminder - 30 Days",
        "renewal",
        "Your policy {{policy_number}} is due for renewal on {{due_date}}",
        "Your renewal is coming up",
        "your {{policy_type}} policy runs until {{expiry_date}}. Renew it in two minutes and stay covered without a break.",
        _facts(*_POLICY, _AMOUNT),
        _button("Renew now"),
        "The button opens your personal payment page. You can pay by UPI, card or net banking.",
    ),
    _mail(
        "Renewal Reminder - 7 Days",
        "renewal",
        "Only a few days left: renew policy {{policy_number}} by {{due_date}}",
        "Your cover ends on {{expiry_date}}",
        "your {{policy_type}} policy has not been renewed yet. Without renewal your cover ends on {{expiry_date}}.",
        _facts(*_POLICY, _AMOUNT),
        _button("Renew before it lapses"),
        "Already paid? Then please ignore this message; it can take a few minutes until a payment reaches us.",
    ),
    _mail(
        "Payment Confirmation",
        "payment",
        "We received your payment for policy {{policy_number}}",
        "Thank you, your payment has arrived",
        "we have received your payment. Your policy documents follow in a separate e-mail.",
        _facts(
            ("Policy", "policy_number"),
            ("Amount", "payment_amount"),
            ("Paid on", "payment_date"),
            ("Paid by", "payment_method"),
            ("Receipt", "receipt_number"),
        ),
    ),
    _mail(
        "Payment Reminder",
        "payment",
        "Payment of {{renewal_amount}} is due for policy {{policy_number}}",
        "A payment is waiting for you",
        "the premium of your {{policy_type}} policy is still open.",
        _facts(("Policy", "policy_number"), ("Due on", "due_date"), ("Amount", "renewal_amount")),
        _button("Pay {{renewal_amount}}"),
    ),
    _mail(
        "Policy Document Delivery",
        "transactional",
        "Documents of your policy {{policy_number}}",
        "Your policy documents",
        "please find enclosed: {{documents}}. Check your name, address and sum insured, and tell us if anything is wrong.",
        _facts(("Policy", "policy_number"), ("From", "start_date"), ("Until", "expiry_date")),
    ),
    _mail(
        "Welcome",
        "welcome",
        "Welcome to {{company_name}}",
        "Welcome, {{first_name}}",
        "thank you for insuring with us. Your {{policy_type}} policy {{policy_number}} is in force from {{start_date}}.",
        "We write when a renewal is due, when a payment arrives and when a claim moves on, and we keep it short.",
    ),
    _mail(
        "Claim Update",
        "claims",
        "News about your claim {{claim_number}}",
        "Your claim is {{claim_status}}",
        "{{update_message}}",
        _facts(("Claim", "claim_number"), ("Status", "claim_status"), ("Date of loss", "loss_date")),
        "<b>What happens next:</b> {{next_steps}}",
        "Your surveyor is {{adjuster_name}}, {{adjuster_phone}}, {{adjuster_email}}.",
    ),
    _mail(
        "Acknowledgment",
        "transactional",
        "We received your message: {{subject}}",
        "We have your message",
        "thank you for writing to us on {{date}} about “{{subject}}”. {{agent_name}} looks after it and will answer soon.",
    ),
    _mail(
        "Complaint Response",
        "transactional",
        "Your complaint: {{subject}}",
        "We are looking into it",
        "we are sorry that something went wrong. Your complaint “{{subject}}” is with {{agent_name}}.",
        "{{update_message}}",
        "You will have our answer within 14 days, as the regulator asks of us.",
    ),
    _mail(
        "Renewal Quote",
        "renewal",
        "Your renewal quote for policy {{policy_number}}",
        "Your renewal quote",
        "here is what your cover costs from {{start_date}}. The quote holds until {{quote_expiry}}.",
        _facts(
            ("Policy", "policy_number"),
            ("Premium so far", "current_premium"),
            ("New premium", "renewal_amount"),
            ("Sum insured", "coverage"),
        ),
        _button("Accept and pay"),
    ),
)


def _text(channel: Channel, name: str, category: str, content: str) -> Draft:
    return Draft(name=name, channel=channel, content=content, category=category, format="text")


WHATSAPP: Final = (
    _text(
        "whatsapp",
        "renewal_reminder",
        "renewal",
        "Dear {{customer_name}}, your policy {{policy_number}} expires on {{expiry_date}}. To pay: "
        "{{renewal_amount}}. Renew here: {{payment_link}} - {{company_name}}. Reply STOP to opt out.",
    ),
    _text(
        "whatsapp",
        "payment_confirmation",
        "payment",
        "Dear {{customer_name}}, we received {{payment_amount}} for policy {{policy_number}} on {{payment_date}}. "
        "Receipt {{receipt_number}}. Thank you!",
    ),
    _text(
        "whatsapp",
        "welcome",
        "welcome",
        "Welcome {{customer_name}}! Your {{policy_type}} policy {{policy_number}} is in force from {{start_date}}. "
        "Save this number to reach {{company_name}} on WhatsApp.",
    ),
    _text(
        "whatsapp",
        "payment_link",
        "payment",
        "Dear {{customer_name}}, here is your payment link for policy {{policy_number}}, {{renewal_amount}}: "
        "{{payment_link}} - it is valid for 48 hours.",
    ),
    _text(
        "whatsapp",
        "documentation_request",
        "transactional",
        "Dear {{customer_name}}, for policy {{policy_number}} we still need: {{documents}}. Please send a photo here.",
    ),
    _text(
        "whatsapp",
        "renewal_completed",
        "renewal",
        "Dear {{customer_name}}, policy {{policy_number}} is renewed and now runs from {{start_date}} to {{expiry_date}}. "
        "Thank you for staying with {{company_name}}!",
    ),
)
SMS: Final = (
    _text(
        "sms",
        "Renewal Alert",
        "renewal",
        "Dear {{customer_name}}, policy {{policy_number}} expires {{expiry_date}}. Renew: {{payment_link}}",
    ),
    _text(
        "sms",
        "Payment Due",
        "payment",
        "Dear {{customer_name}}, {{renewal_amount}} is due on {{due_date}} for policy {{policy_number}}. Pay: {{payment_link}}",
    ),
    _text(
        "sms",
        "Payment Reminder",
        "payment",
        "Reminder: {{renewal_amount}} for policy {{policy_number}} is still open. Pay: {{payment_link}}",
    ),
)
CALLS: Final = (
    _text(
        "call",
        "Renewal Follow-up Script",
        "renewal",
        "Good day, may I speak to {{customer_name}}? This is {{company_name}}. Your policy {{policy_number}} expires on "
        "{{expiry_date}}; the renewal premium is {{renewal_amount}}. Shall I send you the payment link now?",
    ),
    _text(
        "call",
        "Payment Reminder Script",
        "payment",
        "Good day {{customer_name}}, this is {{company_name}}. The payment of {{renewal_amount}} for policy "
        "{{policy_number}}, due on {{due_date}}, has not reached us. Can I help you with it?",
    ),
)
BUILTIN: Final = (*EMAILS, *WHATSAPP, *SMS, *CALLS)
