"""Where a development is when its article says so elsewhere, and which places are developments of their own."""


def test_neighbouring_towns_of_one_district_change_hands_by_themselves(newsroom, tell):
    found = tell(
        newsroom.report("Iraqi forces captured Khanaqin on Monday."),
        newsroom.report("Iraqi forces captured Jalawla on Monday."),
    )
    assert sorted(development.place for development in found.values()) == ["jalawla", "khanaqin"]


def test_a_title_that_names_the_district_alone_means_the_town_that_the_text_names(newsroom, tell):
    text = "Peshmerga fighters withdrew on Monday from positions near Taza Khurmatu."
    found = tell(newsroom.report(text, title="Peshmerga withdraw from posts south of Kirkuk"))
    assert [development.place for development in found.values()] == ["taza-khurmatu"]


def test_a_title_keeps_the_city_that_the_text_names_as_well(newsroom, tell):
    text = (
        "Peshmerga fighters withdrew on Monday from Taza Khurmatu. Peshmerga fighters withdrew from Kirkuk on Monday."
    )
    found = tell(newsroom.report(text, title="Peshmerga withdraw from Kirkuk"))
    assert sorted(development.place for development in found.values()) == ["kirkuk-city", "taza-khurmatu"]


def test_what_has_no_place_is_where_the_title_is_though_the_text_names_other_places(newsroom, tell):
    text = (
        "Hundreds of families have fled, an aid worker said. "
        "Iraqi forces entered Daquq on Monday. Peshmerga withdrew from Dibis on Monday."
    )
    found = tell(newsroom.report(text, title="Peshmerga and Iraqi forces clash in Makhmour"))
    assert [development.place for development in found.values() if development.type == "DISPLACE"] == ["makhmour"]
