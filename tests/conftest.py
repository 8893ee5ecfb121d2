"""Fixtures for all tests."""

# The real servers: Kafka, Elasticsearch and Beam's portable runner. See servers/README.md.
pytest_plugins = ["server_fixtures"]
