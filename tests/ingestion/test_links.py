"""One key for each address, whatever is written around it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.ingestion.links import canonical_link, names_page

KEY = "//x.example/news/1?id=7"
WORDS = st.text("abcdefghij-_0123456789", min_size=1, max_size=12)


@pytest.mark.parametrize(
    "url",
    [
        "https://x.example/news/1?id=7",
        "http://x.example/news/1?id=7",
        "HTTPS://WWW.X.Example:443/news/1?id=7",
        "http://m.x.example:80/news/1/?id=7#comments",
        "https://amp.x.example/news/1/amp?id=7",
        "https://x.example./news/1?utm_source=rss&id=7&fbclid=abc&at_medium=RSS",
        "https://x.example/news/1;jsessionid=A1?id=7&ref=rss&amp=1",
        " https://x.example/%6eews/1?id=%37 ",
    ],
)
def test_spellings_of_one_address_have_one_key(url):
    assert canonical_link(url) == KEY


@pytest.mark.parametrize(
    "url",
    [
        "https://x.example/news/1?id=8",
        "https://x.example/News/1?id=7",
        "https://x.example:8443/news/1?id=7",
        "https://arabic.x.example/news/1?id=7",
        "https://x.example/news/1?id=7&ref=budget",
        "https://x.example/news/1?id=7#!/page/2",
        "https://x.example/news%2F1?id=7",
    ],
)
def test_addresses_of_other_pages_have_other_keys(url):
    assert canonical_link(url) != KEY


@pytest.mark.parametrize(
    "url",
    [
        None,
        "",
        "news/1",
        "ftp://x.example/a",
        "javascript:alert(1)",
        "mailto:a@x.example",
        "http://",
        "http://[::1",
        "http://x.example:99999/a",
        "https://x.example/" + "a" * 9000,
    ],
)
def test_what_is_no_web_address_has_no_key(url):
    assert canonical_link(url) is None


def test_letters_and_their_escapes_are_the_same_address():
    raw = canonical_link("https://شفق.example/كركوك")
    assert (
        raw
        == canonical_link("https://xn--zgb0ad.example/%D9%83%D8%B1%D9%83%D9%88%D9%83")
        == canonical_link("https://شفق.example/%d9%83%d8%b1%d9%83%d9%88%d9%83")
    )


def test_front_pages_name_no_page():
    assert [names_page(canonical_link(f"https://www.x.example{path}")) for path in ("", "/", "/?utm_source=rss")] == [
        False
    ] * 3
    assert names_page(canonical_link("https://x.example/a"))
    assert names_page(canonical_link("https://x.example/?p=12"))


@given(st.text(max_size=200))
def test_no_text_breaks_it(text):
    canonical_link(text)
    canonical_link("https://" + text)


@given(st.text(max_size=60), st.text(max_size=30))
def test_a_key_is_its_own_key(path, query):
    key = canonical_link(f"https://x.example/{path}?{query}")
    if key is not None:
        assert canonical_link("https:" + key) == key


@given(WORDS, st.dictionaries(WORDS, WORDS, max_size=4), st.randoms(use_true_random=False))
def test_order_of_parameters_and_trackers_do_not_matter(page, query, random):
    pairs = [*query.items()]
    shuffled = [*pairs, ("utm_medium", "feed"), ("gclid", "x")]
    random.shuffle(shuffled)

    def write(scheme, parameters):
        return f"{scheme}://x.example/{page}?" + "&".join(f"{name}={value}" for name, value in parameters)

    assert canonical_link(write("http", pairs)) == canonical_link(write("https", shuffled))
