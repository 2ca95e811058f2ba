"""Partner platforms (government apps, cooperatives): keys, scopes, quotas, their applications, news to them."""
