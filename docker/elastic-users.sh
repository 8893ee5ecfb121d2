#!/usr/bin/env bash
# Makes the roles and users of the search server, and sets their passwords. May be run again at any time: what is there
# already is set to the same, and a changed password is changed.
#
#   ELASTIC_URL  ELASTIC_PASSWORD (of the superuser `elastic`)
#   KIBANA_PASSWORD    of `kibana_system`, by which Kibana itself comes
#   PIPELINE_PASSWORD  of `kirkuk`, by which match and alert come: everything on kirkuk-*, nothing elsewhere
#   WATCHER_PASSWORD   of `kirkuk_watcher`, by which ingest comes: sees kirkuk-*, changes nothing
#   ANALYST_PASSWORD   of `analyst`, for people: reads kirkuk-* in Kibana
# Passwords are made of letters, digits and -_.+=/ ; they are given to curl by pipes, never as arguments.
set -euo pipefail

for name in ELASTIC_URL ELASTIC_PASSWORD KIBANA_PASSWORD PIPELINE_PASSWORD WATCHER_PASSWORD ANALYST_PASSWORD; do
    if [ -z "${!name:-}" ]; then echo "elastic-users: $name is not set" >&2; exit 2; fi
done
for name in ELASTIC_PASSWORD KIBANA_PASSWORD PIPELINE_PASSWORD WATCHER_PASSWORD ANALYST_PASSWORD; do
    if [[ ! ${!name} =~ ^[A-Za-z0-9._+=/-]{12,}$ ]]; then
        echo "elastic-users: $name: use at least 12 letters, digits and -_.+=/" >&2
        exit 2
    fi
done

call() { # METHOD PATH, the body on standard input
    local method=$1 path=$2 answer status
    answer=$(curl --silent --show-error --max-time 30 --retry 10 --retry-connrefused --retry-delay 3 \
        --config <(printf 'user = "elastic:%s"\n' "$ELASTIC_PASSWORD") \
        --request "$method" --header 'Content-Type: application/json' --data-binary @- \
        --write-out '\n%{http_code}' "$ELASTIC_URL$path")
    status=${answer##*$'\n'}
    if [[ $status != 2?? ]]; then
        # The server's answer names what is wrong; it never repeats a password.
        echo "elastic-users: $method $path: status $status: ${answer%$'\n'*}" >&2
        exit 1
    fi
    echo "elastic-users: $method $path: done"
}

# `manage` on our own names: a generation is an index that is made, given an alias and dropped. `monitor` sees the
# server's health and our templates, which only `kirkuk setup` may change.
call PUT /_security/role/kirkuk_pipeline <<'JSON'
{"cluster": ["monitor"],
 "indices": [{"names": ["kirkuk-*"], "privileges": ["manage", "read", "write"]}]}
JSON
call PUT /_security/role/kirkuk_watcher <<'JSON'
{"cluster": ["monitor"],
 "indices": [{"names": ["kirkuk-*"], "privileges": ["read", "view_index_metadata"]}]}
JSON
call PUT /_security/role/kirkuk_analyst <<'JSON'
{"cluster": [],
 "indices": [{"names": ["kirkuk-*"], "privileges": ["read", "view_index_metadata"]}],
 "applications": [{"application": "kibana-.kibana", "privileges": ["read"], "resources": ["*"]}]}
JSON
call PUT /_security/user/kirkuk <<JSON
{"password": "$PIPELINE_PASSWORD", "roles": ["kirkuk_pipeline"], "full_name": "The pipeline"}
JSON
call PUT /_security/user/kirkuk_watcher <<JSON
{"password": "$WATCHER_PASSWORD", "roles": ["kirkuk_watcher"], "full_name": "What only looks"}
JSON
call PUT /_security/user/analyst <<JSON
{"password": "$ANALYST_PASSWORD", "roles": ["kirkuk_analyst"], "full_name": "Whoever searches"}
JSON
call POST /_security/user/kibana_system/_password <<JSON
{"password": "$KIBANA_PASSWORD"}
JSON
