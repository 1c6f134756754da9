"""What can be wrong with a row: a stable code each, and a sentence that says how to fix it."""

from typing import Final

# In order of weight: a row that fails for several reasons is counted under the first.
ERRORS: Final = {
    "more_cells_than_headings": "This row has more cells than there are headings, so its values may be in the wrong columns. Put a text that contains the separator in quotes, or upload the list as .xlsx.",
    "quote_not_closed": "A quotation mark in this row is never closed, so its cells cannot be separated. Remove it or close it.",
    "under_other_headings": "This row is below a second row of headings in another order. Upload that part of the list as a file of its own.",
    "policy_number_missing": "Every row needs a policy number. Fill this cell.",
    "policy_number_shortened": "A spreadsheet program has cut this number short. Format the column as text and enter it again.",
    "policy_number_became_date": "A spreadsheet program has turned this number into a date. Format the column as text and enter it again.",
    "policy_number_repeated": "This policy number is in an earlier row; only the first is taken. Remove this row or correct it.",
    "too_long": "This text is longer than we can keep. Shorten it.",
    "name_missing": "Every row needs the customer's name. Fill this cell.",
    "policy_type_unknown": "Write motor, home, life, health, travel or commercial, or a product name that says so.",
    "premium_missing": "Every row needs a premium. Fill this cell.",
    "premium_not_a_number": "Write the premium as a number of rupees, such as 20922.30 or 1,25,000.",
    "amount_of_ledger": "Cr and Dr show the side of a ledger, not what the customer pays. Write the amount alone, such as 12845.00.",
    "premium_not_positive": "The premium must be more than 0 and below 1,000 crore. Correct this cell.",
    "start_date_missing": "Every row needs a start date. Fill this cell.",
    "start_date_invalid": "This is not a date we can read. Write it as DD/MM/YYYY or YYYY-MM-DD.",
    "end_date_missing": "Every row needs an expiry date. Fill this cell.",
    "end_date_invalid": "This is not a date we can read. Write it as DD/MM/YYYY or YYYY-MM-DD.",
    "expiry_before_start": "The policy ends before it starts, or on the same day. Correct one of the two dates.",
    "end_date_too_far": "No policy of this kind ends so many years from now. Correct the year.",
    "start_date_ahead": "No policy that is to be renewed begins so many years from now. Correct the year.",
    "start_date_too_far": "No policy of this kind began so many years ago. Correct the year.",
    "no_valid_contact": "Neither the mobile nor the e-mail can be used. Give a 10-digit Indian mobile or an e-mail address.",
    "contact_shortened": "A spreadsheet program has cut the mobile short, so that digits are lost, and there is no e-mail. Format the column as text and enter the number again.",
    "customer_of_other_client": "This customer code belongs to another insurer's book. Correct the code or leave it blank.",
    "policy_of_other_client": "This policy number belongs to another insurer's book. Correct the number.",
}
WARNINGS: Final = {
    "letters_lost": "Some letters of this name cannot be read, because a program has damaged them. Correct the name.",
    "ended_long_ago": "This policy ended more than two years ago. Check the year.",
    "email_invalid": "This is not an e-mail address; it was left out. Write it as name@example.com.",
    "phone_invalid": "This is not an Indian mobile number; it was left out. Give 10 digits that start with 6 to 9.",
    "phone_shortened": "A spreadsheet program has cut this number short, so that digits are lost; it was left out. Format the column as text and enter it again.",
    "policy_number_like_date": "This number looks like a date. If a spreadsheet program has made one of it, format the column as text, enter the number again and upload the list once more.",
    "customer_code_shortened": "A spreadsheet program has cut this code short; it was left out. Format the column as text and enter it again.",
    "customer_code_became_date": "A spreadsheet program has turned this code into a date; it was left out. Format the column as text and enter it again.",
    "customer_code_shared": "Many customers of this file have this same code, so it tells none of them apart; it was left out. Correct the code or leave it blank.",
    "phone_several": "This cell holds more than one number. The first mobile was taken; the others were left out.",
    "email_several": "This cell holds more than one e-mail address. The first was taken; the others were left out.",
    "renewal_amount_zero": "A renewal amount of 0 was left out; the premium was taken instead.",
    "renewal_amount_error": "A formula failed in this cell, so the premium was taken instead. Correct the amount.",
    "premium_below_one_rupee": "This premium is less than one rupee. Does its column count lakhs or crores, or hold a rate? Correct the cell.",
    "day_and_month_exchanged": "A spreadsheet program had taken the day for the month in this date, as the terms of the other rows show; they were exchanged.",
    "term_unusual": "This policy runs for more years than is usual. Check the two dates.",
    "date_of_birth_invalid": "This is no date of birth in the past 120 years; it was left out.",
    "renewal_date_invalid": "This is no date that we can read, or none within the policy's term or the year after it; the expiry date was taken instead.",
    "gender_unknown": "Write male, female or other; it was left out.",
    "pan_invalid": "A PAN has 5 letters, 4 digits and a letter; it was left out.",
    "pan_shared": "Many customers of this file have this same PAN, so it is not their own; it was left out.",
    "pincode_invalid": "A PIN code has 6 digits and does not start with 0; it was left out.",
    "customer_profile_unknown": "Write normal, hni, super_hni or vip; normal was taken.",
    "preferred_language_unknown": "We do not speak this language; English was taken.",
    "payment_frequency_unknown": "Write annual, half-yearly, quarterly, monthly or one-time; it was left out.",
    "tenure_invalid": "Write the years as a number from 0 to 99; it was left out.",
    "members_invalid": "Write members as Name (relationship, date of birth), separated by semicolons, at most 20; they were left out.",
    "members_not_health": "Only health policies have members; they were left out.",
    "person_without_name": "The person's name is missing beside this; it was left out.",
    "sum_insured_invalid": "Write the sum insured as a number of rupees; it was left out.",
    "priority_unknown": "Write low, medium, high or urgent; medium was taken.",
    "agent_unknown": "No active user has this name, e-mail or id; the cases are unassigned.",
    "region_unknown": "Your organisation has no such region; it was not used.",
    "branch_unknown": "Your organisation has no such branch; it was not used.",
    "shortened": "This text was longer than we can keep and was cut.",
    "sheet_not_read": "This sheet holds a table too, but one sheet of a workbook is read. Save it as a file of its own and upload that.",
    "tax_not_added": "This column holds a tax, and the premium was taken from a column that may not include it. If customers pay both, give the total in a column of its own and upload the list again.",
    "column_ignored": "We have no use for this column; it was not read.",
}
REASON: Final = ("Row in the file", "Error codes", "How to fix it")  # what an error file adds to the office's columns
ORDER: Final = tuple(ERRORS)


def sentence(code: str) -> str:
    """How to fix it."""
    return ERRORS.get(code) or WARNINGS.get(code) or "Correct this cell."
