"""Requests around a policy that are no renewal and no claim: endorsements, applications for new policies, medical assessments."""
