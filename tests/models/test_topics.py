"""What a few tags are about."""

import pytest

from models.topics import Spoken, readable, topics


def about(*tags, known=()):
    """The topics of tags given in the order of what they tell."""
    found = topics([Spoken(tag, 1.0 - 0.01 * at) for at, tag in enumerate(tags)], set(known))
    return [*found.fresh, *found.repeated]


def test_tags_that_begin_alike_are_one_topic():
    """Trail running leads: three tags are about it, and one about anything else."""
    found = about(
        "race calendar", "trail running reviews", "trail running guide", "trail running community"
    )

    assert found == ["trail running", "race calendar"]


def test_a_word_people_use_as_a_tag_is_a_topic():
    """Two tags begin with it; a word nobody uses alone is no topic."""
    tags = ("knitting for beginners", "knitting gifts", "watercolour", "plein air")

    assert about(*tags, known={"knitting"})[0] == "knitting"
    assert about(*tags)[0] == "knitting for beginners"


def test_a_word_that_half_of_the_tags_begin_with_is_a_topic():
    """Whether it is a tag or not."""
    assert about("dog food", "dog parks", "dog toys", "agility")[:2] == ["dog", "agility"]


def test_repetitions_come_last():
    """The second indie genre, and a phrase half of whose words were said."""
    found = about("Indie Rock", "Indie Pop", "Metal", "Rock")

    assert found == ["Indie Rock", "Metal", "Indie Pop", "Rock"]


def test_a_name_says_one_thing_of_each_kind():
    """Two hours of the week are too many; two labels of two kinds are not."""
    found = about("hour:weekend-night", "hour:weekday-night", "label:job=nurse", "label:age=25-34")

    assert found[:3] == ["weekend nights", "nurse", "age 25-34"]


@pytest.mark.parametrize(
    ("tag", "said"),
    [
        ("label:household=mom", "mom"),
        ("label:age=25-34", "age 25-34"),
        ("label:children=2", "children 2"),
        ("label:newsletter=yes", "newsletter yes"),
        ("label:city=second-tier", "second-tier"),
        ("label:is_live_streamer=1", "live streamer"),
        ("label:is_author=0", "not author"),
        ("label:has_car=no", "no car"),
        ("label:fans_user_num_range=[10,100)", "fans user num [10,100)"),
        ("hour:weekday-evening", "weekday evenings"),
        ("hour:weekend-night", "weekend nights"),
        ("channel:browse", "browsers"),
        ("channel:app", "app users"),
        ("channel:kiosk", "kiosk users"),
        ("tempo:weekly", "weekly visitors"),
        ("spend:top", "top spenders"),
        ("app:maps", "maps apps"),
        ("meal_prep", "meal prep"),
        ("JUMBO BAG APPLES", "jumbo bag apples"),
        ("R&B", "R&B"),
        ("Rap/Hip Hop", "Rap/Hip Hop"),
        ("https://a.example/b", "https://a.example/b"),
        ("genre:jazz", "jazz"),
        ("Star Trek: Picard", "Star Trek: Picard"),
        ("devel::library", "library"),
        ("game::board:chess", "board chess"),
        ("train:from:09:30", "from:09:30"),
    ],
)
def test_tags_are_written_as_people_say_them(tag, said):
    """Prefixes become words, shouting becomes speech."""
    assert readable(tag) == said


@pytest.mark.parametrize(
    ("tag", "said"),
    [
        ("WHITE HANGING HEART T-LIGHT HOLDER", "white hanging heart"),
        ("ROUND SNACK BOXES SET OF4 WOODLAND", "round snack boxes"),
        ("PACK OF 72 RETROSPOT CAKE CASES", "pack of 72 retrospot"),
    ],
)
def test_long_tags_end_at_a_word_that_can_end_them(tag, said):
    """Never within a word, nor at a preposition or a number."""
    assert readable(tag) == said
