"""What Kibana shows of the index, as code: data views, searches, charts, a map, one dashboard, and alerting rules.

Kibana keeps these as JSON inside JSON, which nobody can review, so they are written here with small builders and the
files of schemas/kibana/ are made from them:

    python -m schemas.kibana_objects        writes schemas/kibana/kirkuk.ndjson and rules.json

A test holds the files to what this makes; schemas.kibana_checks holds the files to the index's fields and the schema.
"""
