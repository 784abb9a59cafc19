import datetime

import pytest

from gardenlog.parse import DiaryError, Event, events


def test_a_line_becomes_an_event():
    (event,) = events(['2026-05-04 sowed carrots bed=3 variety="Early Nantes"'])
    assert event == Event(
        datetime.date(2026, 5, 4), "sowed", "carrots", {"bed": "3", "variety": "Early Nantes"}
    )


def test_comments_and_blank_lines_have_no_events():
    assert list(events(["", "# nothing was done today", "   "])) == []


@pytest.mark.parametrize("line", ["2026-05-04 sowed", "yesterday sowed carrots", "2026-05-04 sowed carrots many"])
def test_what_cannot_be_read_is_named(line):
    with pytest.raises(DiaryError, match="line 1"):
        list(events([line]))
