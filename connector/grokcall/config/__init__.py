"""Options, profiles, the API key and connection URIs."""
