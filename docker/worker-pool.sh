#!/usr/bin/env bash
# Runs Beam's worker pool as long as the task manager beside it answers; ends when it does not.
#
# The pool lives in the task manager's network namespace. When that container is started again, it gets a new
# namespace, and the pool would sit in the old one, healthy to look at and reached by nobody. So the pool ends, and its
# restart policy brings it back in the new namespace.
#
#   worker-pool COMMAND [ARGUMENT ...]
#   TASK_MANAGER_PORT (6122), CHECK_EVERY_S (5), PATIENCE (6 checks in a row)
set -uo pipefail

port=${TASK_MANAGER_PORT:-6122}
every_s=${CHECK_EVERY_S:-5}
patience=${PATIENCE:-6}

"$@" &
pool=$!
stop() { kill -TERM "$pool" 2>/dev/null; wait "$pool"; exit 143; }
trap stop TERM INT

misses=0
while kill -0 "$pool" 2>/dev/null; do
    if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then misses=0; else misses=$((misses + 1)); fi
    if [ "$misses" -ge "$patience" ]; then
        echo "worker-pool: nothing answers on port $port any more; ending, to be started again beside the task manager" >&2
        kill -TERM "$pool" 2>/dev/null
        wait "$pool"
        exit 1
    fi
    # In the background, for bash runs a trap only when the command in the foreground has ended.
    sleep "$every_s" & wait $!
done
wait "$pool"
