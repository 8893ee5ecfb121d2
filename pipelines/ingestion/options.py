"""Settings of ingestion."""

import msgspec

from schemas.bounds import Count, Positive


class IngestOptions(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """When feeds are polled, and how many at once.

    `poll_interval_s` is the rhythm of a feed with news; a quiet one is slowly polled less often. Intervals stay within
    `min_interval_s` and `max_interval_s`, whatever a server wishes by Cache-Control. A feed with its own
    `poll_interval_s` keeps to it. Failures back off from `backoff_first_s`, doubling up to `backoff_max_s`; a
    Retry-After is honoured up to `retry_after_max_s`. `first_polls_per_s` spreads the polls of a start.
    `concurrency` polls are under way at once, of one host at most `per_host_concurrency`.
    `poll_timeout_s` ends a poll that neither fetcher nor parser ended. `max_log_failures`: how often one poll is
    offered to a failing log with `once`; without, it is offered until the log takes it.
    """

    poll_interval_s: Positive = 300.0
    min_interval_s: Positive = 60.0
    max_interval_s: Positive = 3600.0
    backoff_first_s: Positive = 60.0
    backoff_max_s: Positive = 6 * 3600.0
    retry_after_max_s: Positive = 24 * 3600.0
    first_polls_per_s: Positive = 10.0
    concurrency: Count = 32
    per_host_concurrency: Count = 2
    poll_timeout_s: Positive = 300.0
    max_log_failures: Count = 8

    def __post_init__(self) -> None:
        if self.min_interval_s > self.max_interval_s:
            raise ValueError("ingest.min_interval_s: is greater than ingest.max_interval_s; swap them")
