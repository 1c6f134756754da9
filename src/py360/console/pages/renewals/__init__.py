"""Pages of the renewals office: files, cases, claims, money, customers."""
