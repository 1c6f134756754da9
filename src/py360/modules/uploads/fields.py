"""The columns of a policy file (domain reference 5.2): what each is called, in English and Hindi, and what it may hold."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Field:
    """One of our columns. `heading` is in the template; `synonyms` are what offices write instead.

    `second`: its headings name another column of ours first, and this one where a surer heading feeds that: a file may have only
    a proposer, who then is the customer.
    """

    name: str
    heading: str
    rule: str
    synonyms: tuple[str, ...] = ()
    choices: tuple[str, ...] = ()
    example: str = ""
    required: bool = False
    second: bool = False


LANGUAGES: Final = (
    "English", "Hindi", "Bengali", "Telugu", "Marathi", "Tamil", "Gujarati", "Malayalam", "Kannada", "Punjabi", "Assamese",
    "Odia", "Urdu",
)  # fmt: skip

FIELDS: Final = (
    Field(
        "policy_number", "policy_number", "up to 100 characters, once per file",
        ("policy number", "policy id", "policy", "existing policy number", "previous policy number", "new policy number",
         "current policy number", "contract number",
         "certificate number", "पॉलिसी नंबर", "पॉलिसी संख्या", "पालिसी नंबर", "बीमा संख्या", "पॉलिसी क्रमांक"),
        example="MOT/2026/0001234", required=True,
    ),
    Field(
        "customer_code", "customer_code", "up to 50 characters; generated when blank",
        ("customer code", "customer id", "customer number", "client code", "client id", "insured code", "party code",
         "ग्राहक कोड", "ग्राहक आईडी", "ग्राहक संख्या"),
        example="C000123",
    ),
    Field(
        "customer_name", "customer_name", "2 to 200 characters",
        ("customer name", "name", "insured name", "name of insured", "client name", "policy holder name",
         "policyholder name", "policyholder", "policy holder", "proposer name", "proposer", "owner name", "life assured", "life assured name", "full name", "insured", "customer",
         "नाम", "ग्राहक का नाम", "ग्राहक नाम", "बीमाधारक", "बीमाधारक का नाम", "बीमित का नाम", "पॉलिसीधारक का नाम"),
        example="Asha Sharma", required=True,
    ),
    Field("first_name", "first_name", "instead of customer_name", ("first name", "given name", "प्रथम नाम", "पहला नाम")),
    Field("last_name", "last_name", "with first_name", ("last name", "surname", "family name", "उपनाम", "अंतिम नाम")),
    Field(
        "email", "email", "e-mail address; this or a mobile is needed",
        ("email", "email id", "email address", "mail id", "mail", "customer email", "customer email id", "ईमेल", "ई मेल", "ईमेल आईडी", "ईमेल पता"),
        example="asha@example.com", required=True,
    ),
    Field(
        "phone", "mobile", "Indian mobile of 10 digits, 0 or +91 allowed; this or an e-mail is needed",
        ("phone", "mobile", "mobile number", "phone number", "contact number", "contact", "cell number", "cell",
         "mobile phone", "customer mobile", "customer mobile number", "telephone", "tel number", "whatsapp number", "registered mobile number",
         "मोबाइल", "मोबाइल नंबर", "ग्राहक का मोबाइल", "फोन", "फ़ोन", "फोन नंबर", "फ़ोन नंबर", "संपर्क नंबर", "दूरभाष"),
        example="9876543210", required=True,
    ),
    Field(
        "date_of_birth", "date_of_birth", "date in the past",
        ("date of birth", "dob", "birth date", "insured dob", "customer dob", "जन्म तिथि", "जन्मतिथि", "जन्म दिनांक"), example="1985-07-30",
    ),
    Field(
        "gender", "gender", "male, female or other", ("gender", "sex", "लिंग"), ("male", "female", "other"), "female",
    ),
    Field("pan", "pan", "AAAAA9999A", ("pan", "pan number", "pan card", "पैन", "पैन नंबर"), example="ABCPE1234F"),
    Field(
        "address", "address", "street and locality",
        ("address", "address line", "address 1", "address line 1", "street", "communication address", "mailing address",
         "पता", "डाक पता"),
        example="42, Nehru Nagar",
    ),
    Field("city", "city", "text", ("city", "town", "district", "शहर", "नगर", "जिला"), example="Mumbai"),
    Field("state", "state", "text", ("state", "राज्य", "प्रदेश"), example="Maharashtra"),
    Field(
        "pincode", "pincode", "6 digits, the first not 0",
        ("pincode", "pin", "pin code", "postal code", "zip", "zip code", "पिन", "पिन कोड", "पिनकोड"), example="400001",
    ),
    Field(
        "customer_profile", "customer_profile", "normal, hni, super_hni or vip",
        ("customer profile", "segment", "customer segment", "profile", "customer category", "ग्राहक श्रेणी"),
        ("normal", "hni", "super_hni", "vip"), "normal",
    ),
    Field(
        "preferred_language", "preferred_language", "a language or its code; English when blank",
        ("preferred language", "language", "भाषा", "पसंदीदा भाषा"), LANGUAGES, "Hindi",
    ),
    Field(
        "policy_type", "policy_type", "motor, home, life, health, travel or commercial",
        ("policy type", "line of business", "lob", "type of policy", "insurance type", "पॉलिसी प्रकार", "पॉलिसी का प्रकार",
         "बीमा प्रकार"),
        ("motor", "home", "life", "health", "travel", "commercial"), "motor", True,
    ),
    Field(
        "product_name", "product_name", "text",
        ("product name", "product", "plan", "plan name", "scheme", "vehicle class", "उत्पाद", "योजना", "उत्पाद का नाम"),
        example="Private Car",
    ),
    Field(
        "product_category", "product_category", "Motor, Property, Life, Health, Travel or Commercial",
        ("product category", "category", "product type", "उत्पाद श्रेणी"),
        ("Motor", "Property", "Life", "Health", "Travel", "Commercial"), "Motor",
    ),
    Field(
        "premium_amount", "premium_amount", "rupees, more than 0; 1,25,000.50 is understood",
        ("premium amount", "premium", "last premium", "expiring premium", "previous premium", "current premium",
         "existing premium", "gross premium", "total premium", "old premium", "last year premium",
         "previous year premium", "last paid premium", "total premium payable", "premium with gst", "बीमा प्रीमियम", "वार्षिक प्रीमियम", "प्रीमियम",
         "प्रीमियम राशि", "पिछला प्रीमियम", "गत प्रीमियम"),
        example="20922.30", required=True,
    ),
    Field(
        "renewal_amount", "renewal_amount", "rupees due at renewal; the premium when blank",
        ("renewal amount", "renewal premium", "renewal premium amount", "premium due", "amount due", "due premium",
         "new premium", "renewal due amount", "payable premium", "नवीनीकरण प्रीमियम", "नवीकरण प्रीमियम", "देय प्रीमियम",
         "नवीनीकरण राशि"),
        example="21500",
    ),
    Field(
        "sum_insured", "sum_insured", "rupees",
        ("sum insured", "si", "sum assured", "idv", "insured declared value", "cover amount", "coverage amount",
         "बीमा राशि", "बीमित राशि"),
        example="850000",
    ),
    Field(
        "start_date", "start_date", "date; DD/MM/YYYY or YYYY-MM-DD",
        ("start date", "policy start date", "risk start date", "inception date", "policy inception date",
         "commencement date", "from date", "policy from", "valid from", "effective date", "risk inception date",
         "period from", "प्रारंभ तिथि", "आरंभ तिथि", "प्रारम्भ तिथि", "पॉलिसी प्रारंभ तिथि", "शुरू तिथि", "शुरुआत की तारीख"),
        example="2025-12-20", required=True,
    ),
    Field(
        "end_date", "expiry_date", "date after start_date",
        ("end date", "expiry date", "policy expiry date", "policy end date", "risk end date", "expiration date", "to date",
         "valid to", "valid till", "valid upto", "expiry", "maturity date", "policy to", "period to",
         "समाप्ति तिथि", "पॉलिसी समाप्ति तिथि", "समाप्ति दिनांक", "अंतिम तिथि", "समाप्ति की तारीख"),
        example="2026-12-19", required=True,
    ),
    Field(
        "renewal_date", "renewal_date", "date; the expiry date when blank",
        ("renewal date", "renewal due date", "due date", "policy renewal date", "next due date", "premium due date",
         "next premium due date", "renewal due on", "प्रीमियम देय तिथि", "नवीनीकरण तिथि",
         "नवीकरण तिथि", "देय तिथि"),
        example="2026-12-19",
    ),
    Field(
        "payment_frequency", "payment_frequency", "annual, half-yearly, quarterly, monthly or one-time",
        ("payment frequency", "pay frequency", "premium frequency", "frequency", "payment mode", "premium mode", "mode",
         "premium paying mode", "भुगतान आवृत्ति", "भुगतान अवधि"),
        ("annual", "half-yearly", "quarterly", "monthly", "one-time"), "annual",
    ),
    Field(
        "channel", "channel", "Online, Branch, Telecalling, Call Center or Partner",
        ("channel", "business channel", "sales channel", "source", "distribution channel", "चैनल", "माध्यम"),
        ("Online", "Branch", "Telecalling", "Call Center", "Partner"), "Online",
    ),
    Field(
        "tenure_years", "tenure_years", "years the customer has held the policy before this term; 0 to 99",
        ("tenure years", "tenure yrs", "tenure", "policy age", "policy age years", "years with us", "vintage", "vintage years"), example="3",
    ),
    Field("sub_channel", "sub_channel", "text", ("sub channel", "subchannel", "उप चैनल"), example="Website"),
    Field(
        "branch", "branch", "a branch of your organisation",
        ("branch", "branch name", "branch code", "office", "servicing branch", "शाखा", "शाखा का नाम"),
    ),
    Field("region", "region", "a region of your organisation", ("region", "zone", "territory", "क्षेत्र", "अंचल")),
    Field(
        "agent", "agent", "name, e-mail or id of an active user",
        ("agent", "agent code", "agent name", "agent id", "agent email", "intermediary", "intermediary code", "advisor",
         "advisor code", "relationship manager", "rm", "assigned to", "एजेंट", "एजेंट कोड", "अभिकर्ता"),
    ),
    Field(
        "priority", "priority", "low, medium, high or urgent; yes or no", ("priority", "is priority", "प्राथमिकता"),
        ("low", "medium", "high", "urgent"), "medium",
    ),
    Field("notes", "notes", "text", ("notes", "remarks", "remark", "comments", "comment", "note", "टिप्पणी", "विवरण")),
    Field(
        "proposer_name", "proposer_name", "who applied for the policy, where that is not the customer",
        ("proposer name", "proposer", "name of proposer"), second=True,
    ),
    Field(
        "proposer_relationship", "proposer_relationship", "of the proposer to the customer; with proposer_name",
        ("proposer relation", "relationship of proposer", "relation of proposer"),
    ),
    Field(
        "life_assured_name", "life_assured_name", "whose life is insured, where that is not the customer",
        ("life assured name", "life assured", "name of life assured"), second=True,
    ),
    Field(
        "life_assured_date_of_birth", "life_assured_date_of_birth", "date in the past; with life_assured_name",
        ("life assured dob", "dob of life assured"),
    ),
    Field(
        "nominee", "nominee", "who receives the money: Name (relationship)",
        ("nominee", "nominee name", "name of nominee", "nominee details"), example="Meera Rao (Spouse)",
    ),
    Field(
        "insured_members", "insured_members", "health policies: Name (relationship, date of birth); Name (relationship)",
        ("members covered", "family members covered", "details of members covered", "बीमित सदस्य"),
        example="Asha Sharma (self, 1985-07-30); Ravi Sharma (spouse)",
    ),
    Field(
        "sales_manager", "sales_manager", "who sold the policy; kept with channel, region and agent",
        ("sales manager", "sales manager name", "sm name"),
    ),
)  # fmt: skip

BY_NAME: Final = {field.name: field for field in FIELDS}
DATES: Final = ("date_of_birth", "start_date", "end_date", "renewal_date")  # whose order of day and month is found out

# A file must fill one of each group; the words name the group in questions.
REQUIRED: Final = (
    ("the policy number", ("policy_number",)),
    ("the customer's name", ("customer_name", "first_name")),
    ("the e-mail address or the mobile number", ("email", "phone")),
    ("the kind of policy", ("policy_type", "product_name", "product_category")),
    ("the premium", ("premium_amount", "renewal_amount")),
    ("the start date", ("start_date",)),
    ("the expiry date", ("end_date",)),
)
