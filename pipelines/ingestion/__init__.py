"""Which article is this, is it new, and when does its feed get asked again: pure decisions, without I/O.

links -> identity -+
                   +-> decide (one poll: articles, dead letters and the feed's news, as events for one append)
dates, revisions --+     |
known (fold of `articles`), feed_state (fold of `feeds`), polling (when next)
"""
