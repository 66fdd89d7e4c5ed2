"""policyengine."""
