"""One search across customers, cases, policies, claims and campaigns, within the caller's permissions and reach."""
