"""Settings of alerting."""

import msgspec

from schemas.bounds import Count, NotNegative, Positive


class AlertOptions(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Settings of the alert job.

    `batch_size`: coded articles per step. After a failed send the next try comes `first_pause_s` later, then twice as
    late each time, up to `longest_pause_s`; after `max_attempts` a channel is given up for that alert. A worker that
    took a send up and told no outcome within `lease_s` counts as dead. `stale_after_s`: articles that came longer ago,
    as after a long outage, raise alerts that are stored and not sent; 0: late alerts are sent, however late.
    """

    batch_size: Count = 200
    first_pause_s: Positive = 2.0
    longest_pause_s: Positive = 900.0
    max_attempts: Count = 12
    lease_s: Positive = 60.0
    stale_after_s: NotNegative = 0.0
